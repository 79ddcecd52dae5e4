//! Where a server's files go.

use std::{
    collections::hash_map::RandomState,
    env, fs,
    hash::{BuildHasher, Hasher},
    path::{Path, PathBuf},
};

use super::{ServerError, cluster::Cluster, error::During, system, system::Account};

/// Below this a memory file system is left alone: a container's /dev/shm often has 64 MB, and a
/// server with the databases of a test run takes some hundred.
const MEMORY_FREE_BYTES_MIN: u64 = 1 << 30;
/// PostgreSQL's parallel queries want this much in /dev/shm, or else a file.
const SHARED_MEMORY_FREE_BYTES_MIN: u64 = 256 << 20;
/// A socket's path holds 107 bytes (103 on macOS), the name of the folder and the socket included.
const BASE_PATH_BYTES_MAX: usize = 40;

/// The folder in which a server's folder is made, links resolved. Never below a home: root's cannot
/// be entered by the server's account.
pub(super) fn base(in_memory: bool) -> Result<PathBuf, ServerError> {
    let memory = Path::new("/dev/shm");
    let has_room = |free: u64| free >= MEMORY_FREE_BYTES_MIN;
    let temporary = env::temp_dir();
    let base = if in_memory && system::free_memory_bytes(memory).is_some_and(has_room) {
        memory
    } else if system::effective_uid() == 0 {
        // Root's TMPDIR may be private.
        if Path::new("/var/tmp").is_dir() {
            Path::new("/var/tmp")
        } else {
            Path::new("/tmp")
        }
    } else if temporary.as_os_str().len() <= BASE_PATH_BYTES_MAX && temporary.is_dir() {
        &temporary
    } else {
        Path::new("/tmp")
    };
    fs::canonicalize(base).during(|| format!("there is no folder {}", base.display()))
}

/// Whether parallel queries must keep their shared memory in files.
pub(super) fn shared_memory_is_small() -> bool {
    cfg!(target_os = "linux")
        && system::free_memory_bytes(Path::new("/dev/shm"))
            .is_none_or(|free| free < SHARED_MEMORY_FREE_BYTES_MIN)
}

/// A new folder that nobody else can enter.
pub(super) fn make_home(
    in_memory: bool,
    account: Option<&Account>,
) -> Result<PathBuf, ServerError> {
    let name = format!("stevedore-{}-{:08x}", std::process::id(), random() >> 32);
    let home = base(in_memory)?.join(name);
    Cluster::make_private(&home, account)?;
    Ok(home)
}

/// Not to be guessed by another user of the machine: keys from the operating system's generator.
pub(super) fn random_password() -> String {
    format!("{:016x}{:016x}", random(), random())
}

/// std seeds the keys of the first `RandomState` of a thread from the operating system and hands
/// out a different one each time; SipHash of nothing under a secret key is as secret as the key.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}
