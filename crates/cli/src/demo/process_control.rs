//! The two things about processes that neither std nor tokio can do.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Has the kernel kill the child when the thread that starts it ends, and so also when the demo is
/// killed. Linux only; elsewhere a killed demo leaves its children to be stopped by hand.
#[cfg(target_os = "linux")]
#[expect(
    unsafe_code,
    reason = "prctl and getppid are async-signal-safe and touch no memory"
)]
pub fn die_with_parent(command: &mut Command) {
    let parent = std::process::id();
    unsafe {
        command.pre_exec(move || {
            if libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) != 0 {
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

#[cfg(not(target_os = "linux"))]
pub fn die_with_parent(_: &mut Command) {}

/// Sends SIGTERM; a process that is already gone is no error.
#[expect(
    unsafe_code,
    reason = "kill takes plain numbers; a wrong one gives an errno"
)]
pub fn terminate(pid: u32) {
    if let Ok(pid) = libc::pid_t::try_from(pid) {
        unsafe { libc::kill(pid, libc::SIGTERM) };
    }
}
