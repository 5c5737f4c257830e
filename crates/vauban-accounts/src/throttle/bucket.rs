//! What attempts are counted under.

use std::net::{IpAddr, Ipv6Addr};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::decision::Allowance;

/// Why something is attempted. Each has its own buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attempt {
    /// Signing in.
    SignIn,
    /// Choosing a password behind a link: a hash is run.
    SignUp,
    /// Proving the password in order to change it, or something else that is the account's own.
    ChangePassword,
    /// Having a mail sent to an address, whoever has it.
    Mail,
    /// Typing a code of a second factor.
    Factor,
    /// Being asked for a passkey, before anybody is known.
    #[cfg(feature = "passkeys")]
    Passkey,
}

/// What a bucket stands for. Each kind has room of its own in the table, so that a flood of one takes none of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An account, from anywhere.
    Account,
    /// An account from a browser that signed in to it before.
    Device,
    /// An account from all browsers that signed in to it before.
    Devices,
    /// The work that one account is to one address.
    Work,
    /// An address, or an IPv6 /64.
    Prefix,
    /// An IPv6 /48.
    Site,
}

impl Kind {
    pub(crate) const ALL: [Self; 6] = [
        Self::Account,
        Self::Device,
        Self::Devices,
        Self::Work,
        Self::Prefix,
        Self::Site,
    ];

    /// The first letter of its keys: no hexadecimal digit.
    pub(crate) const fn letter(self) -> &'static str {
        match self {
            Self::Account => "n",
            Self::Device => "v",
            Self::Devices => "m",
            Self::Work => "w",
            Self::Prefix => "p",
            Self::Site => "s",
        }
    }

    /// Its share of the table, in tenths.
    pub(crate) const fn share(self) -> u64 {
        match self {
            Self::Account | Self::Prefix => 3,
            Self::Device | Self::Devices | Self::Work | Self::Site => 1,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Device => "device",
            Self::Devices => "devices",
            Self::Work => "work",
            Self::Prefix => "prefix",
            Self::Site => "site",
        }
    }
}

/// One bucket: a key for its row, and what it allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bucket {
    /// What it stands for.
    pub(crate) kind: Kind,
    /// The kind's letter and 63 hexadecimal digits. A keyed hash, so that neither addresses nor e-mail addresses stand
    /// in the table, and nobody outside can choose two that meet.
    pub(crate) key: String,
    /// What it allows.
    pub(crate) allowance: Allowance,
    /// What a success does to it.
    pub(crate) success: Success,
}

/// What becomes of a bucket's count when the password was right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Success {
    /// It is emptied: it stands for one account.
    Empties,
    /// The attempt is given back: the bucket stands for many accounts, and one's own would clean it of guesses at others.
    GivesBack,
    /// It stays: a hash was run.
    Stays,
}

const HOUR: i64 = 3600;

/// One account: four free attempts, then waits from one second to a quarter of an hour, then four attempts a quarter of an
/// hour: one address alone has no more than one of them for long ([`PREFIX`]), so its owner comes in from a new browser, too.
const ACCOUNT: Allowance = Allowance {
    free: 4,
    first: 1,
    longest: 900,
    window: 4,
    half_life: 6 * HOUR,
};
/// An account from a browser that signed in to it before.
const DEVICE: Allowance = Allowance {
    free: 9,
    first: 1,
    longest: 900,
    window: 4,
    half_life: 6 * HOUR,
};
/// An account from all browsers that signed in to it before: whoever knows the password has as many of them as they like,
/// and would keep them for the day on which they do not know it any more.
const DEVICES: Allowance = Allowance {
    free: 30,
    first: 1,
    longest: 900,
    window: 4,
    half_life: 6 * HOUR,
};
/// The hashes that one account costs from one address, right or wrong: a right password is no licence to have others wait
/// (CWE-770). It drains quickly, so that whoever signs in every few minutes all day long never waits.
const WORK: Allowance = Allowance {
    free: 30,
    first: 1,
    longest: 900,
    window: 1,
    half_life: HOUR / 12,
};
/// One IPv4 address or IPv6 /64: a household, an office, a mobile network's gateway.
const PREFIX: Allowance = Allowance {
    free: 30,
    first: 1,
    longest: 900,
    window: 1,
    half_life: HOUR,
};
/// One IPv6 /48: a site.
const SITE: Allowance = Allowance {
    free: 120,
    first: 1,
    longest: 900,
    window: 1,
    half_life: HOUR,
};

/// Sign-ups from one address: a class that signs up together passes, a script does not go far.
const SIGN_UPS: Allowance = Allowance { free: 60, ..PREFIX };
/// Sign-ups from one IPv6 /48.
const SITE_SIGN_UPS: Allowance = Allowance { free: 240, ..SITE };

/// Mails of one kind to one address: three an hour, whether or not it has an account (CWE-799: a mailbox is not to be flooded).
const MAILS: Allowance = Allowance {
    free: 2,
    first: HOUR,
    longest: HOUR,
    window: 1,
    half_life: HOUR,
};
/// Mails that one client causes: twenty an hour.
const CLIENTS_MAILS: Allowance = Allowance { free: 19, ..MAILS };
/// Those of one IPv6 /48.
const SITES_MAILS: Allowance = Allowance { free: 79, ..MAILS };

/// Sign-ins that one client sends to a provider: each is a row, and nothing is guessed. An office comes in behind one address.
#[cfg(feature = "oidc")]
const CLIENTS_ROUNDS: Allowance = Allowance { free: 300, ..PREFIX };

/// Codes of one account's second factor, from anywhere and in whichever session: four, then waits up to a quarter of an hour, after each
/// one attempt. Whoever gets here knows the password, so that strangers fill it for nobody.
const FACTOR: Allowance = Allowance { window: 1, ..ACCOUNT };

/// Makes buckets' keys.
#[derive(Clone)]
pub(crate) struct BucketKeys {
    secret: [u8; 32],
}

impl BucketKeys {
    /// From 256 secret bits.
    pub(crate) fn new(secret: [u8; 32]) -> Self {
        Self { secret }
    }

    /// Where an attempt counts. `account` is the normal e-mail address or the user's id, whether it exists or
    /// not; `device` the id in a device cookie that fits this account.
    pub(crate) fn buckets(
        &self,
        attempt: Attempt,
        account: &str,
        client: IpAddr,
        device: Option<&str>,
    ) -> Vec<Bucket> {
        let (near, site) = prefixes(client);
        // CWE-645: whoever signed in from this browser before has buckets of their own, which no flood from
        // elsewhere, nor from the same network, can fill. CWE-307: one of them for all browsers of theirs.
        if let Some(device) = device {
            let work = [account, &near, "known"];
            return vec![
                self.bucket(
                    attempt,
                    Kind::Device,
                    &[account, device],
                    DEVICE,
                    Success::Empties,
                ),
                self.bucket(attempt, Kind::Devices, &[account], DEVICES, Success::Empties),
                self.bucket(attempt, Kind::Work, &work, WORK, Success::Stays),
            ];
        }
        let mut buckets = Vec::with_capacity(4);
        // Signing up has no account, and its hashes are never given back.
        if attempt != Attempt::SignUp {
            buckets.push(self.bucket(attempt, Kind::Account, &[account], ACCOUNT, Success::Empties));
            let work = [account, &near];
            buckets.push(self.bucket(attempt, Kind::Work, &work, WORK, Success::Stays));
        }
        let (prefix, network) = match attempt {
            Attempt::SignUp => (SIGN_UPS, SITE_SIGN_UPS),
            Attempt::SignIn | Attempt::ChangePassword | Attempt::Mail | Attempt::Factor => (PREFIX, SITE),
            #[cfg(feature = "passkeys")]
            Attempt::Passkey => (PREFIX, SITE),
        };
        buckets.push(self.bucket(attempt, Kind::Prefix, &[&near], prefix, Success::GivesBack));
        if let Some(site) = site {
            buckets.push(self.bucket(attempt, Kind::Site, &[&site], network, Success::GivesBack));
        }
        buckets
    }

    /// Where a code counts: by the account alone (CWE-307: a new session, browser or address brings no new attempts). What is right gives
    /// back its own attempt.
    pub(crate) fn of_factor(&self, kind: &str, user: &str) -> Vec<Bucket> {
        let parts = [kind, user];
        vec![self.bucket(Attempt::Factor, Kind::Account, &parts, FACTOR, Success::GivesBack)]
    }

    /// Where a challenge counts that is no account's: by the client alone (CWE-770). Who signs in gives it back.
    #[cfg(feature = "passkeys")]
    pub(crate) fn of_challenge(&self, client: IpAddr) -> Vec<Bucket> {
        let (near, site) = prefixes(client);
        let bucket = |of, parts: &[&str], allowance| {
            self.bucket(Attempt::Passkey, of, parts, allowance, Success::GivesBack)
        };
        let mut buckets = vec![bucket(Kind::Prefix, &[&near], SIGN_UPS)];
        buckets.extend(site.map(|site| bucket(Kind::Site, &[&site], SITE_SIGN_UPS)));
        buckets
    }

    /// Where a mail counts: `kind` and the address that was typed, in its normal form; and the client.
    pub(crate) fn of_mail(&self, kind: &str, address: &str, client: IpAddr) -> Vec<Bucket> {
        let (near, site) = prefixes(client);
        let bucket =
            |of, parts: &[&str], allowance| self.bucket(Attempt::Mail, of, parts, allowance, Success::Stays);
        let mut buckets = vec![
            bucket(Kind::Account, &[kind, address], MAILS),
            bucket(Kind::Prefix, &[&near], CLIENTS_MAILS),
        ];
        buckets.extend(site.map(|site| bucket(Kind::Site, &[&site], SITES_MAILS)));
        buckets
    }

    /// Where a mail counts that tells an account's owner of something. By the address alone: whoever fills their client's count on
    /// purpose does not silence it.
    pub(crate) fn of_notice(&self, kind: &str, address: &str) -> Vec<Bucket> {
        let parts = [kind, address];
        vec![self.bucket(Attempt::Mail, Kind::Account, &parts, MAILS, Success::Stays)]
    }

    /// Where a sign-in counts that is sent to a provider: the client.
    #[cfg(feature = "oidc")]
    pub(crate) fn of_round(&self, client: IpAddr) -> Vec<Bucket> {
        let (near, site) = prefixes(client);
        let bucket = |of, place: &str| {
            self.bucket(
                Attempt::SignIn,
                of,
                &["provider", place],
                CLIENTS_ROUNDS,
                Success::Stays,
            )
        };
        let mut buckets = vec![bucket(Kind::Prefix, &near)];
        buckets.extend(site.map(|site| bucket(Kind::Site, &site)));
        buckets
    }

    fn bucket(
        &self,
        attempt: Attempt,
        kind: Kind,
        parts: &[&str],
        allowance: Allowance,
        success: Success,
    ) -> Bucket {
        let attempt = match attempt {
            Attempt::SignIn => "sign-in",
            Attempt::SignUp => "sign-up",
            Attempt::ChangePassword => "change-password",
            Attempt::Mail => "mail",
            Attempt::Factor => "factor",
            #[cfg(feature = "passkeys")]
            Attempt::Passkey => "passkey",
        };
        let mut key = self.digest(attempt, kind.name(), parts);
        key.replace_range(..1, kind.letter());
        Bucket {
            kind,
            key,
            allowance,
            success,
        }
    }

    fn digest(&self, attempt: &str, kind: &str, parts: &[&str]) -> String {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.secret).unwrap_or_else(|_| unreachable!("any length"));
        for part in [attempt, kind].iter().chain(parts) {
            // Lengths first: ("a", "bc") and ("ab", "c") differ.
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        mac.finalize()
            .into_bytes()
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect()
    }
}

/// The prefix that one client holds, and for IPv6 the one of its whole site.
///
/// CWE-307: whoever has an IPv6 address has 2^64 of them.
fn prefixes(client: IpAddr) -> (String, Option<String>) {
    match canonical(client) {
        IpAddr::V4(v4) => (v4.to_string(), None),
        IpAddr::V6(v6) => {
            let cut = |bits: u32| Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << (128 - bits)));
            (format!("{}/64", cut(64)), Some(format!("{}/48", cut(48))))
        }
    }
}

/// `::ffff:192.0.2.1` is 192.0.2.1.
fn canonical(client: IpAddr) -> IpAddr {
    client.to_canonical()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(account: &str, client: &str) -> Vec<String> {
        let all = BucketKeys::new([7; 32]).buckets(Attempt::SignIn, account, client.parse().unwrap(), None);
        all.into_iter().map(|b| b.key).collect()
    }

    /// CWE-307: hopping through one's own /64 or /48 does not give new buckets.
    #[test]
    fn addresses_of_one_prefix_share_a_bucket() {
        assert_eq!(keys("a", "2001:db8:1:2::1"), keys("a", "2001:db8:1:2:ffff::9"));
        let (one, other) = (keys("a", "2001:db8:1:2::1"), keys("a", "2001:db8:1:3::1"));
        assert_eq!(one[0], other[0], "the account");
        assert_ne!(one[1], other[1], "its work for another /64");
        assert_ne!(one[2], other[2], "another /64");
        assert_eq!(one[3], other[3], "the same /48");
        assert_eq!(keys("a", "::ffff:192.0.2.1"), keys("a", "192.0.2.1"));
        assert_ne!(keys("a", "192.0.2.1")[2], keys("a", "192.0.2.2")[2]);
    }

    #[test]
    fn accounts_and_purposes_do_not_meet() {
        assert_ne!(keys("a", "192.0.2.1")[0], keys("b", "192.0.2.1")[0]);
        let keys = BucketKeys::new([7; 32]);
        let of = |attempt| {
            keys.buckets(attempt, "a", [192, 0, 2, 1].into(), None)
                .pop()
                .unwrap()
                .key
        };
        assert_ne!(of(Attempt::SignIn), of(Attempt::SignUp));
    }

    /// ASVS 6.1.1, CWE-645.
    #[test]
    fn a_known_device_counts_with_known_devices_only() {
        let keys = BucketKeys::new([7; 32]);
        let own = keys.buckets(Attempt::SignIn, "a", [192, 0, 2, 1].into(), Some("device"));
        let others = keys.buckets(Attempt::SignIn, "a", [192, 0, 2, 1].into(), None);
        assert!(own.iter().all(|b| b.success != Success::GivesBack));
        assert!(others.iter().all(|b| own.iter().all(|own| b.key != own.key)));
    }
}
