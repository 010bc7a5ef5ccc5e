//! What an app cannot do, and what it still can.

use std::{
    fs,
    net::TcpListener,
    os::{
        linux::net::SocketAddrExt,
        unix::net::{SocketAddr, UnixListener},
    },
};

use vehicle_edge_runtime::sandbox::Choice;

use crate::harness::{Place, code, sandbox};

/// Each line is a name and a piece of Python that must fail.
const FORBIDDEN: &str = r#"
connect to the host by TCP = socket.create_connection(("127.0.0.1", PORT), 2)
connect to the host by its abstract socket = socket.socket(socket.AF_UNIX).connect("\0" + ABSTRACT)
look into another app's folder = os.listdir(OTHER)
read the launch's own spec = open(RUN + "/spec.json").read()
reach the shim = socket.socket(socket.AF_UNIX).connect(RUN + "/shim.sock")
write into its code = open(CODE + "/x", "w")
write into the system = open("/usr/x", "w")
write into the root = open("/x", "w")
read the host's users = open("/etc/shadow").read()
read root's home = os.listdir("/root/.ssh")
find the host's kernel settings = os.listdir("/sys/kernel")
see another process = os.kill(HOST_PID, 0)
read the init's memory = open("/proc/1/mem", "rb").read(1)
read the init's environment = open("/proc/1/environ", "rb").read()
read the init's root = os.listdir("/proc/1/root")
make itself root = os.setuid(0)
make a device = os.mknod(DATA + "/dev", 0o600 | stat.S_IFBLK, os.makedev(8, 0))
change the root = os.chroot(DATA)
change the clock = time.clock_settime(time.CLOCK_REALTIME, 0)
rename the host = socket.sethostname("x")
mount = call(libc.mount, b"none", DATA.encode(), b"tmpfs", 0, None)
unmount = call(libc.umount2, b"/proc", 2)
unshare a user namespace = call(libc.unshare, 0x10000000)
clone a user namespace = call(libc.syscall, CLONE, 0x10000000 | 17, 0, 0, 0, 0)
trace the init = call(libc.ptrace, 16, 1, 0, 0)
trace itself = call(libc.ptrace, 0, 0, 0, 0)
open a raw socket = socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)
open a raw socket with flags = socket.socket(socket.AF_INET6, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 58)
open a packet socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM)
open a socket to the hypervisor = socket.socket(40, socket.SOCK_STREAM)
open the kernel's cipher socket = socket.socket(38, socket.SOCK_SEQPACKET)
raise a limit = resource.setrlimit(resource.RLIMIT_CORE, (1, 1))
load a bpf program = call(libc.syscall, BPF, 0, 0, 0)
use keys = call(libc.syscall, KEYCTL, 0, 0, 0)
use io_uring = call(libc.syscall, 425, 8, 0)
call by x32 numbers = call(libc.syscall, 0x40000000 + 39)
"#;

const PERMITTED: &str = r##"
write its data = open(DATA + "/x", "w").write("x")
rename within its data = (os.mkdir(DATA + "/d"), os.rename(DATA + "/x", DATA + "/d/x"))
write scratch files = (open("/tmp/x", "w").write("x"), open("/dev/shm/x", "w").write("x"))
use the null device = open("/dev/null", "w").write("x")
get random bytes = open("/dev/urandom", "rb").read(4)
start threads and processes = (subprocess.run(["sh", "-c", "exit 0"], check=True), concurrent.futures.ThreadPoolExecutor().submit(int).result())
share memory between processes = multiprocessing.Pool(2).map(abs, [-1])
know its user = pwd.getpwuid(os.getuid()).pw_dir == DATA or 1 / 0
know the time zone = time.localtime()
reach the folder that was bound = open("/run/vehicle-edge/file").read()
connect to the socket that was bound = socket.socket(socket.AF_UNIX).connect("/run/vehicle-edge/broker.sock")
reopen its output = print("# reopened", file=open("/dev/stdout", "w"))
have a memory-only root = shutil.disk_usage("/").total < 2 << 20 or 1 / 0
be alone = [int(pid) for pid in os.listdir("/proc") if pid.isdigit() and int(pid) not in (1, os.getpid())] == [] or 1 / 0
have no open files but its own = set(os.listdir("/proc/self/fd")) <= {"0", "1", "2", "3"} or 1 / 0
have no capabilities = all(line.split()[1] == "0000000000000000" for line in open("/proc/self/status") if line.startswith("Cap") and "Amb" not in line) or 1 / 0
survive its attack on the init = (suppress(lambda: os.kill(1, 9)), time.sleep(0.1))
"##;

const PROLOGUE: &str = r#"
import concurrent.futures, ctypes, multiprocessing, os, platform, pwd, resource, shutil, socket, stat, subprocess, sys, time
CLONE, BPF, KEYCTL = {"x86_64": (56, 321, 250), "aarch64": (220, 280, 219)}[platform.machine()]
libc = ctypes.CDLL(None, use_errno=True)
def call(function, *arguments):
    if function(*arguments) == -1:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
def suppress(act):
    try: act()
    except OSError: pass
# The test's folder is below /tmp, of which the app has one of its own: this may seem to work.
suppress(lambda: open(CODE + "/../beside", "w"))
def attempt(line):
    name, piece = line.split(" = ", 1)
    try: eval(piece)
    except Exception as error: print("no |", name, "|", error)
    else: print("yes |", name)
"#;

async fn attempt(pieces: &str) -> Option<Vec<String>> {
    let sandbox = sandbox(Choice::Native)?;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let name = format!("vehicle-edge-{}-{}", std::process::id(), pieces.len());
    let abstract_address = SocketAddr::from_abstract_name(name.as_bytes()).unwrap();
    let _abstract = UnixListener::bind_addr(&abstract_address).unwrap();
    let other = Place::shell("other", "");
    let mut place = Place::python("hostile", "")?;
    let values = format!(
        "PORT = {}\nABSTRACT = {name:?}\nOTHER = {:?}\nRUN = {:?}\nCODE = {:?}\nDATA = {:?}\nHOST_PID = {}\n",
        listener.local_addr().unwrap().port(),
        other.data(),
        place.launch.run_dir,
        place.launch.workdir,
        place.data(),
        std::process::id(),
    );
    let lines: Vec<&str> = pieces.trim().lines().collect();
    let attempts = format!("for line in {lines:?}: attempt(line)\n");
    fs::write(place.launch.workdir.join("main.py"), [&values, PROLOGUE, &attempts].concat())
        .unwrap();
    place.launch.command.truncate(1);
    place.launch.command.push("main.py".to_owned());
    let broker = place.folder().join("broker");
    fs::create_dir(&broker).unwrap();
    fs::write(broker.join("file"), "x").unwrap();
    let socket = broker.join("broker.sock");
    let _socket = UnixListener::bind(&socket).unwrap();
    fs::set_permissions(&socket, std::os::unix::fs::PermissionsExt::from_mode(0o666)).unwrap();
    place.launch.binds.push((broker, "/run/vehicle-edge".into()));

    let (lines, exit) = place.run(&*sandbox).await;
    assert_eq!(exit, code(0), "{lines:#?}");
    assert!(!place.folder().join("beside").exists(), "the app wrote outside of its own folder");
    let verdicts: Vec<String> = lines.into_iter().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(verdicts.len(), pieces.trim().lines().count(), "{verdicts:#?}");
    Some(verdicts)
}

#[tokio::test]
async fn an_app_cannot_reach_what_is_not_its_own() {
    let Some(verdicts) = attempt(FORBIDDEN).await else { return };
    let possible: Vec<_> = verdicts.iter().filter(|line| line.starts_with("yes")).collect();
    assert_eq!(possible, Vec::<&String>::new(), "all: {verdicts:#?}");
}

#[tokio::test]
async fn an_app_can_do_what_apps_do() {
    let Some(verdicts) = attempt(PERMITTED).await else { return };
    let refused: Vec<_> = verdicts.iter().filter(|line| line.starts_with("no")).collect();
    assert_eq!(refused, Vec::<&String>::new());
}
