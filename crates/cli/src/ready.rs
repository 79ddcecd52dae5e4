//! The one line a role prints on stdout when it serves: people read it, and `demo` waits for it.

use std::net::SocketAddr;

/// What stands before the address in a role's line.
const LISTENING: &str = "listening on http://";

/// Announces that `role` serves at `address`.
#[expect(clippy::print_stdout, reason = "the line is the command's output")]
pub fn announce(role: &str, address: SocketAddr) {
    println!("stevedore {role} {LISTENING}{address}");
}

/// The URL in a line printed by [`announce`], if it is one.
pub fn url_in(line: &str) -> Option<String> {
    let (_, address) = line.split_once(LISTENING)?;
    Some(format!("http://{}", address.trim()))
}

#[cfg(test)]
mod tests {
    use super::url_in;

    #[test]
    fn the_announced_url_is_read_back() {
        let line = "stevedore api listening on http://127.0.0.1:8080";
        assert_eq!(url_in(line).as_deref(), Some("http://127.0.0.1:8080"));
        assert_eq!(url_in("something else"), None);
    }
}
