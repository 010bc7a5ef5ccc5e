//! Landlock: a second opinion on the file system, which holds even if a mount were wrong.

use std::{
    error::Error,
    path::{Path, PathBuf},
};

use landlock::{
    ABI, Access, AccessFs, PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreatedAttr,
    RulesetStatus, Scope,
};

use crate::sandbox::cell::Failure;

/// The newest rights we know the effects of. An older kernel enforces those it knows.
const KNOWN: ABI = ABI::V6;
const SCRATCH: [&str; 2] = ["/tmp", "/dev/shm"];
const DEVICES: [&str; 5] = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"];

pub(super) fn landlock(writable: &[PathBuf]) -> Result<(), Failure> {
    let abi = abi();
    let status = restrict(writable).map_err(Failure::at("restrict with Landlock"))?;
    // A kernel that has it must do it: half of it, or nothing, is not what was asked for.
    let expected = match abi {
        None => return Ok(()),
        Some(abi) if abi >= KNOWN as u32 => status == RulesetStatus::FullyEnforced,
        Some(_) => status != RulesetStatus::NotEnforced,
    };
    if expected {
        return Ok(());
    }
    Err(Failure::new("restrict with Landlock", format!("the kernel answered {status:?}")))
}

fn restrict(writable: &[PathBuf]) -> Result<RulesetStatus, Box<dyn Error>> {
    let all = AccessFs::from_all(KNOWN);
    let device = AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::IoctlDev;
    let scratch = SCRATCH.iter().map(Path::new);
    // Reading folders everywhere is needed from `/` on; what is not to be read is not there.
    let rules = [(Path::new("/"), AccessFs::from_read(KNOWN))]
        .into_iter()
        .chain(writable.iter().map(PathBuf::as_path).chain(scratch).map(|path| (path, all)))
        .chain(DEVICES.iter().map(|path| (Path::new(path), device)));
    let mut ruleset =
        Ruleset::default().handle_access(all)?.scope(Scope::from_all(KNOWN))?.create()?;
    for (path, access) in rules {
        ruleset = ruleset.add_rule(PathBeneath::new(PathFd::new(path)?, access))?;
    }
    Ok(ruleset.restrict_self()?.ruleset)
}

pub(super) fn abi() -> Option<u32> {
    const ASK_VERSION: libc::c_uint = 1;
    // SAFETY: with this flag the call takes no structure, its null pointer is never read.
    let answer = unsafe {
        libc::syscall(
            libc::SYS_landlock_create_ruleset,
            std::ptr::null::<libc::c_void>(),
            0_usize,
            ASK_VERSION,
        )
    };
    u32::try_from(answer).ok().filter(|abi| *abi > 0)
}
