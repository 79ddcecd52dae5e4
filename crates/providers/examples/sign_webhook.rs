//! Signs what comes on standard input as a webhook to an app: SECRETS (with commas), ID, TIMESTAMP.
//! .ci/check-outbound-webhooks holds its answer against the specification's own library.

use std::error::Error;
use std::io::Read;

use secrecy::SecretString;
use stevedore_providers::signature;

#[expect(clippy::print_stdout, reason = "the signature is its output")]
fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [secrets, id, timestamp] = args.as_slice() else {
        return Err("usage: sign_webhook SECRETS ID TIMESTAMP < BODY".into());
    };
    let secrets: Vec<SecretString> = secrets.split(',').map(SecretString::from).collect();
    let mut body = String::new();
    std::io::stdin().read_to_string(&mut body)?;
    let signed = signature(&secrets, id, timestamp.parse()?, &body);
    println!("{}", signed.ok_or("a secret is not whsec_ and base64")?);
    Ok(())
}
