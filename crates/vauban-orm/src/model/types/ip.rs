//! `IpAddress`: the address of a computer, in one form.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use crate::model::field::{Field, Kind, Mismatch, Value, ValueRef};
use crate::problem::Problem;

/// An IPv4 or IPv6 address in the one form in which it is compared, made unique, stored and shown (RFC 5952). An IPv4 address
/// that came in IPv6's clothes is the IPv4 address (CWE-1289: who is barred as `192.0.2.1` does not come in as
/// `::ffff:192.0.2.1`).
///
/// ```
/// use vauban_orm::IpAddress;
/// let typed: IpAddress = "2001:DB8:0:0::1".parse().unwrap();
/// assert_eq!(typed.to_string(), "2001:db8::1");
/// assert_eq!("::ffff:192.0.2.1".parse::<IpAddress>(), "192.0.2.1".parse());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IpAddress(IpAddr);

/// A text that is no address of a computer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidIpAddress;

const NO_ADDRESS: Problem = Problem::new(
    "ip_address",
    "Enter an IP address, like 192.0.2.1 or 2001:db8::1.",
);

impl IpAddress {
    /// As the standard library has it.
    pub const fn get(self) -> IpAddr {
        self.0
    }
}

impl From<IpAddr> for IpAddress {
    fn from(address: IpAddr) -> Self {
        Self(address.to_canonical())
    }
}
impl From<IpAddress> for IpAddr {
    fn from(address: IpAddress) -> Self {
        address.0
    }
}
impl FromStr for IpAddress {
    type Err = InvalidIpAddress;
    /// Without a zone, and no part with leading zeros, which some read as octal (CWE-1389).
    fn from_str(text: &str) -> Result<Self, InvalidIpAddress> {
        let address: IpAddr = text.parse().map_err(|_| InvalidIpAddress)?;
        Ok(address.into())
    }
}
impl fmt::Display for IpAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for InvalidIpAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        NO_ADDRESS.fmt(f)
    }
}
impl std::error::Error for InvalidIpAddress {}
impl From<InvalidIpAddress> for Problem {
    fn from(_: InvalidIpAddress) -> Self {
        NO_ADDRESS
    }
}

impl serde::Serialize for IpAddress {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
impl<'de> serde::Deserialize<'de> for IpAddress {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        super::text::read(deserializer)
    }
}

impl Field for IpAddress {
    const KIND: Kind = Kind::Text;
    /// An IPv6 address in full.
    const MAX_BYTES: Option<usize> = Some(39);
    fn to_value(&self) -> Value {
        Value::Text(self.to_string())
    }
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            // Another spelling would be equal to nothing that is asked for.
            ValueRef::Text(text) => {
                let address: Self = text.parse().map_err(|_| Mismatch)?;
                (address.to_string() == text).then_some(address).ok_or(Mismatch)
            }
            _ => Err(Mismatch),
        }
    }
    fn from_text(text: &str) -> Result<Self, Problem> {
        text.parse().map_err(|InvalidIpAddress| NO_ADDRESS)
    }
    fn to_text(&self) -> String {
        self.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CWE-1289, CWE-1389
    #[test]
    fn an_address_has_one_spelling() {
        for (typed, kept) in [
            ("192.0.2.1", "192.0.2.1"),
            ("::FFFF:c000:0201", "192.0.2.1"),
            ("2001:0DB8::0:1", "2001:db8::1"),
            ("::1", "::1"),
        ] {
            let read: IpAddress = typed.parse().unwrap();
            assert_eq!(read.to_value(), Value::Text(kept.to_owned()), "{typed}");
            assert_eq!(IpAddress::from_value(ValueRef::Text(kept)), Ok(read));
        }
        for bad in [
            "",
            "127.1",
            "0177.0.0.1",
            "0x7f.0.0.1",
            "2130706433",
            "192.0.2.1/24",
            "[::1]",
            "fe80::1%eth0",
            " ::1",
            "192.0.2.1:80",
            "localhost",
        ] {
            assert_eq!(bad.parse::<IpAddress>(), Err(InvalidIpAddress), "{bad}");
        }
        assert_eq!(
            IpAddress::from_value(ValueRef::Text("::ffff:192.0.2.1")),
            Err(Mismatch)
        );
    }

    mod properties {
        use super::*;

        proptest::proptest! {
            #![proptest_config(long::cases(256, 100_000, "values"))]

            #[test]
            fn what_is_written_is_read(four in proptest::prelude::any::<[u8; 4]>(), sixteen in proptest::prelude::any::<[u8; 16]>()) {
                for address in [IpAddr::from(four), IpAddr::from(sixteen)] {
                    let address = IpAddress::from(address);
                    proptest::prop_assert_eq!(IpAddress::from_value(address.to_value().as_ref()), Ok(address));
                    proptest::prop_assert_eq!(address.to_string().parse(), Ok(address));
                }
            }
        }
    }
}
