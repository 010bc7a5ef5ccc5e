//! System calls that no app needs and that reach out of a sandbox.
//!
//! Most would fail for lack of a capability anyway; this keeps the kernel's code behind
//! them out of reach. A list of what is forbidden, as apps bring interpreters and libraries
//! of which nobody knows all they call.

use std::collections::BTreeMap;

use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition,
    SeccompFilter, SeccompRule, apply_filter,
};

use crate::sandbox::cell::Failure;

#[derive(Debug)]
pub(super) struct Filters(Vec<BpfProgram>);

/// Refused with EPERM.
const FORBIDDEN: &[libc::c_long] = &[
    // The file system's shape.
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_open_tree,
    libc::SYS_move_mount,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_name_to_handle_at,
    libc::SYS_open_by_handle_at,
    libc::SYS_quotactl,
    libc::SYS_quotactl_fd,
    libc::SYS_fanotify_init,
    // Namespaces and other processes.
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_kcmp,
    libc::SYS_pidfd_getfd,
    libc::SYS_migrate_pages,
    libc::SYS_move_pages,
    // The kernel itself.
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_kexec_file_load,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    libc::SYS_syslog,
    libc::SYS_acct,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_vhangup,
    libc::SYS_lookup_dcookie,
    libc::SYS_nfsservctl,
    // What others share with us.
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    // io_uring does what it is told without asking this filter.
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_iopl,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_ioperm,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_modify_ldt,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_uselib,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_ustat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_sysfs,
    #[cfg(target_arch = "x86_64")]
    libc::SYS__sysctl,
];

/// CLONE_NEWTIME is not among them: `clone` reads that bit as part of the exit signal.
const NEW_NAMESPACES: [libc::c_int; 7] = [
    libc::CLONE_NEWUSER,
    libc::CLONE_NEWPID,
    libc::CLONE_NEWNS,
    libc::CLONE_NEWNET,
    libc::CLONE_NEWIPC,
    libc::CLONE_NEWUTS,
    libc::CLONE_NEWCGROUP,
];
/// All others (packet, vsock, Bluetooth, CAN, AF_ALG, …) lead past the network namespace
/// or into rarely tested parts of the kernel.
const FAMILIES: [libc::c_int; 4] = [libc::AF_UNIX, libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK];
const SOCKET_TYPE: u64 = 0xf;

pub(super) fn filters() -> Result<Filters, Failure> {
    let failed = |error: BackendError| Failure::new("make the system call filter", error);
    let mut forbidden: BTreeMap<i64, Vec<SeccompRule>> =
        FORBIDDEN.iter().map(|call| (*call, Vec::new())).collect();
    forbidden.insert(libc::SYS_clone, namespaces().map_err(failed)?);
    forbidden.insert(libc::SYS_socket, sockets().map_err(failed)?);
    forbidden.insert(libc::SYS_ioctl, terminals().map_err(failed)?);
    // Its flags are in memory, where no filter can look. ENOSYS makes libc use `clone`.
    let missing = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
    let mut filters = vec![
        program(forbidden, libc::EPERM).map_err(failed)?,
        program(missing, libc::ENOSYS).map_err(failed)?,
    ];
    filters.extend(other_numbering());
    Ok(Filters(filters))
}

impl Filters {
    /// For this process and all it will start.
    pub(super) fn apply(&self) -> Result<(), Failure> {
        let failed = |error| Failure::new("apply the system call filter", error);
        self.0.iter().try_for_each(|filter| apply_filter(filter)).map_err(failed)
    }
}

fn program(
    rules: BTreeMap<i64, Vec<SeccompRule>>,
    errno: libc::c_int,
) -> Result<BpfProgram, BackendError> {
    let arch = std::env::consts::ARCH.try_into()?;
    // A call by another architecture's numbers (int 0x80) ends the process.
    let action = SeccompAction::Errno(errno.unsigned_abs());
    SeccompFilter::new(rules, SeccompAction::Allow, action, arch)?.try_into()
}

fn namespaces() -> Result<Vec<SeccompRule>, BackendError> {
    let rule = |flag: &libc::c_int| {
        let flag = u64::from(flag.unsigned_abs());
        SeccompRule::new(vec![argument(0, SeccompCmpOp::MaskedEq(flag), flag)?])
    };
    NEW_NAMESPACES.iter().map(rule).collect()
}

fn sockets() -> Result<Vec<SeccompRule>, BackendError> {
    let family = |op, family: libc::c_int| argument(0, op, u64::from(family.unsigned_abs()));
    let raw = argument(1, SeccompCmpOp::MaskedEq(SOCKET_TYPE), libc::SOCK_RAW as u64)?;
    let other: Result<_, _> = FAMILIES.iter().map(|it| family(SeccompCmpOp::Ne, *it)).collect();
    Ok(vec![
        SeccompRule::new(other?)?,
        // A netlink socket may call itself raw: it means nothing there.
        SeccompRule::new(vec![family(SeccompCmpOp::Ne, libc::AF_NETLINK)?, raw])?,
    ])
}

/// Typing into a terminal that is shared with somebody else.
fn terminals() -> Result<Vec<SeccompRule>, BackendError> {
    let rule = |request: u64| SeccompRule::new(vec![argument(1, SeccompCmpOp::Eq, request)?]);
    const TIOCSTI: u64 = 0x5412;
    const TIOCLINUX: u64 = 0x541c;
    [TIOCSTI, TIOCLINUX].into_iter().map(rule).collect()
}

/// The kernel reads these arguments as 32 bits: the upper half is not compared.
fn argument(index: u8, op: SeccompCmpOp, value: u64) -> Result<SeccompCondition, BackendError> {
    SeccompCondition::new(index, SeccompCmpArgLen::Dword, op, value)
}

/// The x32 numbers of an x86-64 kernel are the same calls under other names, which the
/// filters above would not recognise: as if the kernel had none.
#[cfg(target_arch = "x86_64")]
fn other_numbering() -> Option<BpfProgram> {
    use seccompiler::sock_filter;
    const LOAD_NUMBER: u16 = 0x20; // BPF_LD | BPF_W | BPF_ABS
    const IF_AT_LEAST: u16 = 0x35; // BPF_JMP | BPF_JGE | BPF_K
    const RETURN: u16 = 0x06; // BPF_RET | BPF_K
    const X32: u32 = 0x4000_0000;
    let step = |code, jt, jf, k| sock_filter { code, jt, jf, k };
    Some(vec![
        step(LOAD_NUMBER, 0, 0, 0),
        step(IF_AT_LEAST, 0, 1, X32),
        step(RETURN, 0, 0, libc::SECCOMP_RET_ERRNO | libc::ENOSYS.unsigned_abs()),
        step(RETURN, 0, 0, libc::SECCOMP_RET_ALLOW),
    ])
}

#[cfg(not(target_arch = "x86_64"))]
fn other_numbering() -> Option<BpfProgram> {
    None
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_filters_can_be_made_on_this_architecture() {
        super::filters().unwrap();
    }
}
