//! Output, input, and a daemon that comes and goes.

use std::time::Duration;

use vehicle_edge_runtime::{app::Stream, sandbox::ShimEvent};

use crate::harness::{Events, Place, code, eventually, out, sandboxes};

#[tokio::test]
async fn lines_of_both_streams_are_numbered_and_timed() {
    for sandbox in sandboxes() {
        let mut place = Place::shell("lines", "echo one; sleep 0.1; echo two >&2; echo three");
        place.launch.first_seq = 41;
        let mut events = place.start(&*sandbox).await;
        let (lines, exit) = events.rest().await;
        place.remove(&*sandbox).await;
        assert_eq!(exit, code(0));
        assert_eq!(out(&lines, Stream::Stdout), ["one", "three"]);
        assert_eq!(out(&lines, Stream::Stderr), ["two"]);
        assert_eq!(lines.iter().map(|line| line.seq).collect::<Vec<_>>(), [41, 42, 43]);
        assert!(lines[1].at.duration_since(lines[0].at).as_millis() >= 90);
    }
}

#[tokio::test]
async fn a_prompt_shows_at_once_and_its_answer_arrives() {
    for sandbox in sandboxes() {
        let Some(place) = Place::python("prompt", "print('hello', input('name? '))") else {
            return;
        };
        let mut events = place.start(&*sandbox).await;
        let prompt = events.line().await;
        assert_eq!((prompt.text.as_str(), prompt.partial), ("name? ", true));
        events.0.control.stdin(b"Ann\n").await.unwrap();
        assert_eq!(events.text().await, "hello Ann");
        assert_eq!(events.exit().await, code(0));
        place.remove(&*sandbox).await;
    }
}

#[tokio::test]
async fn input_ends_when_it_is_closed() {
    for sandbox in sandboxes() {
        let place = Place::shell("cat", "cat; echo end");
        let mut events = place.start(&*sandbox).await;
        let control = events.0.control.clone();
        let long = "x".repeat(300_000) + "\n";
        control.stdin(long.as_bytes()).await.unwrap();
        control.stdin(b"last\n").await.unwrap();
        control.close_stdin().await.unwrap();
        let (lines, _) = events.rest().await;
        let text: String =
            lines.iter().filter(|line| line.partial).map(|line| &*line.text).collect();
        assert!(text.starts_with("xxx") && text.len() >= 290_000, "{}", text.len());
        let texts = out(&lines, Stream::Stdout);
        assert_eq!(texts[texts.len() - 2..], ["last", "end"]);
        place.remove(&*sandbox).await;
    }
}

#[tokio::test]
async fn a_daemon_that_comes_back_misses_nothing() {
    for sandbox in sandboxes() {
        let script = "i=0; while [ $i -lt 100 ]; do echo $i; i=$((i+1)); sleep 0.01; done; exit 3";
        let place = Place::shell("counter", script);
        let mut events = place.start(&*sandbox).await;
        let pid = events.0.pid;
        let mut seen = vec![events.text().await, events.text().await];
        drop(events);
        tokio::time::sleep(Duration::from_millis(100)).await;

        let again = sandbox.attach(&place.launch.run_dir, 2).await.unwrap().unwrap();
        assert_eq!(again.pid, pid);
        let mut events = Events(again);
        seen.push(events.text().await);
        drop(events);
        // And once more after the app has ended.
        tokio::time::sleep(Duration::from_millis(2000)).await;
        let again = sandbox.attach(&place.launch.run_dir, 3).await.unwrap().unwrap();
        let mut events = Events(again);
        let (lines, exit) = events.rest().await;
        seen.extend(lines.into_iter().map(|line| line.text));
        assert_eq!(seen, (0..100).map(|number| number.to_string()).collect::<Vec<_>>());
        assert_eq!(exit, code(3));
        place.remove(&*sandbox).await;
        assert!(sandbox.attach(&place.launch.run_dir, 0).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn a_second_daemon_takes_over_from_the_first() {
    for sandbox in sandboxes() {
        let place = Place::shell("taken", "echo one; read line; echo $line");
        let mut first = place.start(&*sandbox).await;
        assert_eq!(first.text().await, "one");
        let second = sandbox.attach(&place.launch.run_dir, 1).await.unwrap().unwrap();
        assert!(matches!(first.next().await, ShimEvent::Lost(_)));
        let mut second = Events(second);
        second.0.control.stdin(b"two\n").await.unwrap();
        assert_eq!(second.text().await, "two");
        place.remove(&*sandbox).await;
    }
}

#[tokio::test]
async fn an_app_is_never_held_up_by_a_missing_reader_and_the_gap_is_told() {
    for sandbox in sandboxes() {
        let place = Place::shell("flood", "seq 1 300000; touch $HOME/done; sleep 60");
        drop(place.start(&*sandbox).await);
        let done = place.data().join("done");
        eventually("the app gets on", || done.exists()).await;

        let mut events = Events(sandbox.attach(&place.launch.run_dir, 0).await.unwrap().unwrap());
        let ShimEvent::Gap { from: 1, to } = events.next().await else { panic!("no gap") };
        assert!((100_000..300_000).contains(&to), "{to}");
        assert_eq!(events.line().await.seq, to + 1);
        while events.line().await.text != "300000" {}
        place.remove(&*sandbox).await;
    }
}

#[tokio::test]
async fn a_flood_waits_for_a_reader_that_is_slower_and_nothing_is_lost() {
    for sandbox in sandboxes() {
        let place = Place::shell("flood2", "seq 1 200000; printf dry");
        let mut events = place.start(&*sandbox).await;
        for number in 1..=200_000 {
            let line = events.line().await;
            assert_eq!((line.seq, line.partial), (number, false));
            assert_eq!(line.text, number.to_string());
            if number % 20_000 == 0 {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        assert_eq!(events.text().await, "dry");
        assert_eq!(events.exit().await, code(0));
        place.remove(&*sandbox).await;
    }
}

#[tokio::test]
async fn a_reader_that_is_stuck_holds_an_app_up_for_a_moment_only() {
    for sandbox in sandboxes() {
        let place = Place::shell("stuck", "seq 1 300000; touch $HOME/done; sleep 60");
        let events = place.start(&*sandbox).await;
        let done = place.data().join("done");
        eventually("the app gets on", || done.exists()).await;
        drop(events);
        place.remove(&*sandbox).await;
    }
}

#[tokio::test]
async fn what_is_not_text_and_what_has_no_end_are_shown_all_the_same() {
    for sandbox in sandboxes() {
        let place =
            Place::shell("odd", r"printf '\377\376ok\n'; head -c 40000 /dev/zero | tr '\0' x");
        let mut events = place.start(&*sandbox).await;
        let (lines, _) = events.rest().await;
        assert_eq!(lines[0].text, "\u{fffd}\u{fffd}ok");
        let rest: usize = lines[1..].iter().map(|line| line.text.len()).sum();
        assert_eq!(rest, 40_000);
        place.remove(&*sandbox).await;
    }
}
