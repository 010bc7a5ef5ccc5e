"""Counts ten times a second and answers each line it is sent."""

import sys
import threading
import time


def answer() -> None:
    for line in sys.stdin:
        print(f"you said: {line.strip()}", flush=True)


threading.Thread(target=answer, daemon=True).start()
count = 0
while True:
    count += 1
    print(f"count {count}", flush=True)
    time.sleep(0.1)
