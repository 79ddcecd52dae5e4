//! The few things that the standard library does not know: accounts, sessions, file systems.

use std::{
    fs, io,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
    process::Command,
};

/// The account that the server runs as when we are root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) name: String,
    pub(super) uid: u32,
    pub(super) gid: u32,
}

/// `initdb` and `postgres` refuse uid 0 and look their uid up in /etc/passwd, so it must be in
/// there: `postgres` where a package made it, else `nobody`. None when we are not root: the server
/// is us.
pub(super) fn account_for_server() -> Result<Option<Account>, super::ServerError> {
    if effective_uid() != 0 {
        return Ok(None);
    }
    let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
    ["postgres", "nobody"]
        .iter()
        .find_map(|name| account_named(&passwd, name))
        .map(Some)
        .ok_or(super::ServerError::NoAccount)
}

fn account_named(passwd: &str, wanted: &str) -> Option<Account> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next().filter(|name| *name == wanted)?;
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        Some(Account {
            name: name.to_owned(),
            uid,
            gid,
        })
    })
}

/// Whether `account` may enter every folder on the way to `path`, itself included. Good enough to
/// say early and clearly what the server would say late: groups and ACLs are not looked at.
pub(super) fn may_enter(account: &Account, path: &Path) -> bool {
    path.ancestors()
        .filter_map(|folder| fs::metadata(folder).ok())
        .all(|folder| {
            let mode = folder.permissions().mode();
            mode & 0o001 != 0
                || (folder.uid() == account.uid && mode & 0o100 != 0)
                || (folder.gid() == account.gid && mode & 0o010 != 0)
        })
}

#[expect(unsafe_code, reason = "geteuid has no preconditions")]
pub(super) fn effective_uid() -> u32 {
    unsafe { libc::geteuid() }
}

/// Gives the child a session of its own, so that a Ctrl-C or a killed process group reaches us and
/// not the server.
#[expect(
    unsafe_code,
    reason = "setsid is async-signal-safe and touches no memory"
)]
pub(super) fn detach(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    unsafe {
        command.pre_exec(|| {
            if libc::setsid() < 0 {
                Err(io::Error::last_os_error())
            } else {
                Ok(())
            }
        });
    }
}

/// Free bytes of `path` if it lies in memory.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "statfs fills a struct that we own")]
pub(super) fn free_memory_bytes(path: &Path) -> Option<u64> {
    use std::os::unix::ffi::OsStrExt;
    let path = std::ffi::CString::new(path.as_os_str().as_bytes()).ok()?;
    let mut stat = std::mem::MaybeUninit::<libc::statfs>::uninit();
    let stat = unsafe {
        if libc::statfs(path.as_ptr(), stat.as_mut_ptr()) != 0 {
            return None;
        }
        stat.assume_init()
    };
    let block_size = u64::try_from(stat.f_bsize).ok()?;
    (stat.f_type == libc::TMPFS_MAGIC).then(|| stat.f_bavail.saturating_mul(block_size))
}

#[cfg(not(target_os = "linux"))]
pub(super) fn free_memory_bytes(_: &Path) -> Option<u64> {
    None
}

/// Whether a process exists and is not a zombie: under a first process that does not reap (as in
/// containers without an init), a dead server stays a zombie and keeps its pid for ever.
pub(super) fn is_alive(pid: u32) -> bool {
    match fs::read_to_string(format!("/proc/{pid}/stat")) {
        // pid (name) state …: the name may hold spaces and parentheses.
        Ok(stat) => stat
            .rsplit(") ")
            .next()
            .is_some_and(|rest| !rest.starts_with('Z')),
        Err(_) if Path::new("/proc/self").exists() => false,
        Err(_) => exists(pid),
    }
}

#[expect(unsafe_code, reason = "signal 0 only asks")]
fn exists(pid: u32) -> bool {
    libc::pid_t::try_from(pid).is_ok_and(|pid| unsafe { libc::kill(pid, 0) } == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_found_by_its_whole_name() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\n\
                      postgresql:x:7:8::/:\n\
                      postgres:x:101:103:admin:/var/lib/postgresql:/bin/bash\n";
        let account = account_named(passwd, "postgres").expect("it is there");
        assert_eq!((account.uid, account.gid), (101, 103));
        assert_eq!(account_named(passwd, "nobody"), None);
    }

    #[test]
    fn a_private_folder_cannot_be_entered_by_another_account() {
        let folder = std::env::temp_dir().join(format!("stevedore-enter-{}", std::process::id()));
        fs::create_dir(&folder).expect("the temporary folder is writable");
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).expect("it is ours");
        let stranger = Account {
            name: "stranger".into(),
            uid: 54_321,
            gid: 54_321,
        };
        assert!(!may_enter(&stranger, &folder));
        assert!(may_enter(&stranger, Path::new("/")));
        fs::remove_dir(&folder).expect("it is ours");
    }

    #[test]
    fn this_process_is_alive_and_an_impossible_one_is_not() {
        assert!(is_alive(std::process::id()));
        assert!(!is_alive(u32::MAX / 2));
    }
}
