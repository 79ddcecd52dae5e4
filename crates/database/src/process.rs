//! Processes that we start and that must not outlive us.

use std::io;
use std::process::Command;

/// Sends a signal; a process that is already gone is no error to anyone here.
#[expect(
    unsafe_code,
    reason = "kill takes plain numbers; a wrong one gives an errno"
)]
pub fn signal(pid: u32, signal: libc::c_int) {
    if let Ok(pid) = libc::pid_t::try_from(pid) {
        unsafe { libc::kill(pid, signal) };
    }
}

/// Lets the kernel send `signal` to the child when the *thread* that starts it ends, and so also
/// when the process is killed. Linux only.
#[cfg(target_os = "linux")]
#[expect(
    unsafe_code,
    reason = "prctl and getppid are async-signal-safe and touch no memory"
)]
pub fn die_with_parent(command: &mut Command, signal: libc::c_int) {
    use std::os::unix::process::CommandExt;
    let parent = std::process::id();
    // pre_exec runs after std has changed the uid, and a change of uid is what clears this setting.
    unsafe {
        command.pre_exec(move || {
            if libc::prctl(libc::PR_SET_PDEATHSIG, signal) != 0 {
                return Err(io::Error::last_os_error());
            }
            // The parent may have died before the call above.
            if u32::try_from(libc::getppid()).ok() != Some(parent) {
                return Err(io::Error::from_raw_os_error(libc::ESRCH));
            }
            Ok(())
        });
    }
}

/// Without Linux nothing ends the child: the private server has its watchdog, others are on their
/// own.
#[cfg(not(target_os = "linux"))]
pub fn die_with_parent(_: &mut Command, _: libc::c_int) {}
