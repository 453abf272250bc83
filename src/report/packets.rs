//! The packet file of `bunri trace`: a JSON list, read with errors that name packet, field and value.

use std::fmt;
use std::net::IpAddr;

use schemars::JsonSchema;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::words::{PROTOCOLS, proto_number};
use crate::model::{Family, Flow, PORT_PROTOCOLS, State, proto};
use crate::msg;
use crate::source::Msg;

/// One packet of the file, checked and with its defaults filled in.
#[derive(Debug, Clone, PartialEq)]
pub struct PacketRequest {
    /// The id as written: text or number.
    pub id: Value,
    /// Where it comes in, as written.
    pub at: String,
    /// The egress that it is to take, as written.
    pub out: Option<String>,
    /// The header, canonical.
    pub flow: Flow,
    /// `New` or `Established`.
    pub state: State,
    /// Whether it is a later fragment: a packet without ports.
    pub later_fragment: bool,
    /// The mark it arrives with.
    pub mark: u32,
}

/// One packet as the file writes it; [`parse`] says what is allowed. This type only describes the form.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "Packet", deny_unknown_fields)]
#[allow(dead_code)] // Fields are read through the schema only.
pub struct PacketEntry {
    /// Comes back with the answer.
    id: IdForm,
    /// Where it comes in. One device: an interface or `local`. A site: `host:ID`, `segment:ID` or `DEVICE:IF`.
    #[schemars(rename = "in")]
    ingress: String,
    /// Forces the egress where the configuration has no routes.
    out: Option<String>,
    /// Source address, IPv4 or IPv6.
    src: String,
    /// Destination address of the same family.
    dst: String,
    /// Protocol name or number.
    proto: ProtoForm,
    /// Source port; 49152 if absent.
    sport: Option<u16>,
    /// Destination port; must be there for protocols with ports.
    dport: Option<u16>,
    /// TCP flags: letters of `SFRPAU`; `S` if absent.
    flags: Option<String>,
    /// ICMP type; echo request if absent.
    #[schemars(rename = "type")]
    icmp_type: Option<u8>,
    /// ICMP code; 0 if absent.
    #[schemars(rename = "code")]
    icmp_code: Option<u8>,
    /// `new` if absent.
    state: Option<StateForm>,
    /// Whether it is a later fragment.
    frag: Option<bool>,
    /// Packet mark; 0 if absent.
    mark: Option<u32>,
}

#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
#[allow(dead_code)] // Describes a form.
enum IdForm {
    Text(String),
    Number(i64),
}

#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
#[allow(dead_code)] // Describes a form.
enum ProtoForm {
    Name(String),
    Number(u8),
}

#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[allow(dead_code)] // Describes a form.
enum StateForm {
    New,
    Established,
}

/// Most errors reported for one file.
const MOST_ERRORS: usize = 20;

const FIELDS: [&str; 14] = [
    "id", "in", "out", "src", "dst", "proto", "sport", "dport", "flags", "type", "code", "state", "frag",
    "mark",
];

/// Reads a packet file.
///
/// # Errors
/// What is wrong, packet by packet, with what to write instead.
pub fn parse(text: &str) -> Result<Vec<PacketRequest>, Vec<Msg>> {
    let List(entries) = serde_json::from_str(text).map_err(|e| vec![syntax(&e)])?;
    let mut packets = Vec::new();
    let mut errors = Vec::new();
    for (index, entry) in entries.into_iter().enumerate() {
        match Reader::new(index, entry).packet() {
            Ok(packet) => packets.push(packet),
            Err(e) if errors.len() < MOST_ERRORS => errors.push(e),
            Err(_) => {}
        }
    }
    if packets.is_empty() && errors.is_empty() {
        errors.push(msg!("the list holds no packet", "パケットが1件もない"));
    }
    if errors.is_empty() { Ok(packets) } else { Err(errors) }
}

fn syntax(e: &serde_json::Error) -> Msg {
    let (line, column) = (e.line(), e.column());
    let full = e.to_string();
    let what = full.split(" at line ").next().unwrap_or("").to_owned();
    msg!(
        "line {line}, column {column}: not a JSON list of packets: {what}",
        "{line}行{column}文字目: パケットのJSONリストとして解釈できない: {what}"
    )
}

/// The top level: a list of objects that keep repeated keys.
struct List(Vec<Entry>);

/// One element: an object's pairs in file order, or something else.
enum Entry {
    Object(Vec<(String, Value)>),
    Other(Value),
}

impl<'de> Deserialize<'de> for List {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = List;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of packets")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<List, A::Error> {
                let mut out = Vec::new();
                while let Some(entry) = seq.next_element()? {
                    out.push(entry);
                }
                Ok(List(out))
            }
        }
        d.deserialize_seq(V)
    }
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Entry;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a packet")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entry, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Entry::Object(pairs))
            }
            fn visit_str<E>(self, v: &str) -> Result<Entry, E> {
                Ok(Entry::Other(Value::from(v)))
            }
            fn visit_u64<E>(self, v: u64) -> Result<Entry, E> {
                Ok(Entry::Other(Value::from(v)))
            }
            fn visit_i64<E>(self, v: i64) -> Result<Entry, E> {
                Ok(Entry::Other(Value::from(v)))
            }
            fn visit_f64<E>(self, v: f64) -> Result<Entry, E> {
                Ok(Entry::Other(Value::from(v)))
            }
            fn visit_bool<E>(self, v: bool) -> Result<Entry, E> {
                Ok(Entry::Other(Value::from(v)))
            }
            fn visit_unit<E>(self) -> Result<Entry, E> {
                Ok(Entry::Other(Value::Null))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Entry, A::Error> {
                while seq.next_element::<serde::de::IgnoredAny>()?.is_some() {}
                Ok(Entry::Other(Value::Array(Vec::new())))
            }
        }
        d.deserialize_any(V)
    }
}

/// Reads one packet's fields and knows how to complain.
struct Reader {
    index: usize,
    entry: Entry,
}

impl Reader {
    fn new(index: usize, entry: Entry) -> Self {
        Reader { index, entry }
    }

    fn pairs(&self) -> &[(String, Value)] {
        match &self.entry {
            Entry::Object(pairs) => pairs,
            Entry::Other(_) => &[],
        }
    }

    /// The field's value; null counts as absent.
    fn get(&self, field: &str) -> Option<&Value> {
        self.pairs().iter().find(|(k, v)| k == field && !v.is_null()).map(|(_, v)| v)
    }

    /// `packet 3 ("x1"): …`
    fn error(&self, what: &Msg) -> Msg {
        let n = self.index + 1;
        let id = self.get("id").map(|id| format!(" ({})", shown(id))).unwrap_or_default();
        let (en, ja) = (what.text(crate::source::Lang::En), what.text(crate::source::Lang::Ja));
        msg!("packet {n}{id}: {en}", "{n}番目のパケット{id}: {ja}")
    }

    fn missing(&self, field: &str, advice: Msg) -> Msg {
        let (en, ja) = (advice.text(crate::source::Lang::En), advice.text(crate::source::Lang::Ja));
        self.error(&msg!("`{field}` is missing: {en}", "`{field}` がない。{ja}"))
    }

    fn wrong(&self, field: &str, value: &Value, advice: Msg) -> Msg {
        let v = shown(value);
        let (en, ja) = (advice.text(crate::source::Lang::En), advice.text(crate::source::Lang::Ja));
        self.error(&msg!("`{field}` is {v}: {en}", "`{field}` の値 {v} は使用できない。{ja}"))
    }

    fn packet(&self) -> Result<PacketRequest, Msg> {
        self.keys()?;
        let id = self.id()?;
        let at = self.text("in", || {
            msg!("name the interface where it comes in", "パケットが入るインターフェースを記載する")
        })?;
        let out = match self.get("out") {
            None => None,
            Some(_) => {
                Some(self.text("out", || msg!("name an interface", "インターフェース名を文字列で記載する"))?)
            }
        };
        let (family, src, dst) = self.addresses()?;
        let number = self.proto(family)?;
        let later_fragment = self.frag()?;
        let (sport, dport) = self.ports(number, later_fragment)?;
        let flow = Flow {
            family,
            src: Family::number(src),
            dst: Family::number(dst),
            proto: number,
            sport,
            dport,
            icmp: self.icmp(number)?,
            flags: self.flags(number)?,
        };
        let (state, mark) = (self.state()?, self.number("mark", u64::from(u32::MAX))?.unwrap_or(0));
        let mark = u32::try_from(mark).unwrap_or(u32::MAX);
        Ok(PacketRequest { id, at, out, flow: flow.canonical(), state, later_fragment, mark })
    }

    /// Only known keys, each once.
    fn keys(&self) -> Result<(), Msg> {
        if let Entry::Other(value) = &self.entry {
            let v = shown(value);
            return Err(self.error(&msg!(
                "{v} is not a packet: write {{\"id\": …, \"in\": …, …}}",
                "{v} はパケットではない。{{\"id\": …, \"in\": …, …}} の形式で記載する"
            )));
        }
        for (at, (key, _)) in self.pairs().iter().enumerate() {
            if self.pairs().iter().take(at).any(|(k, _)| k == key) {
                let key = shown_key(key);
                return Err(self.error(&msg!("`{key}` is written twice", "`{key}` が2回記載されている")));
            }
            if !FIELDS.contains(&key.as_str()) {
                return Err(self.error(&unknown_key(key)));
            }
        }
        Ok(())
    }

    fn id(&self) -> Result<Value, Msg> {
        match self.get("id") {
            Some(id @ (Value::String(_) | Value::Number(_))) => Ok(id.clone()),
            Some(other) => {
                Err(self.wrong("id", other, msg!("write text or a number", "文字列又は数値を記載する")))
            }
            None => Err(self.missing(
                "id",
                msg!(
                    "write any text, it comes back with the answer",
                    "任意の文字列を記載する(結果に同じ値が付く)"
                ),
            )),
        }
    }

    fn text(&self, field: &str, advice: impl Fn() -> Msg) -> Result<String, Msg> {
        match self.get(field) {
            Some(Value::String(s)) if !s.is_empty() => Ok(s.clone()),
            Some(other) => Err(self.wrong(field, other, advice())),
            None => Err(self.missing(field, advice())),
        }
    }

    fn addresses(&self) -> Result<(Family, IpAddr, IpAddr), Msg> {
        let (src, dst) = (self.address("src")?, self.address("dst")?);
        let family = Family::of(src);
        if family != Family::of(dst) {
            return Err(self.error(&msg!(
                "`src` {src} and `dst` {dst} are of different families: use two IPv4 or two IPv6 addresses",
                "`src` {src} と `dst` {dst} のアドレス体系が異なる。両方をIPv4又はIPv6にする"
            )));
        }
        Ok((family, src, dst))
    }

    fn address(&self, field: &str) -> Result<IpAddr, Msg> {
        let advice = || {
            msg!(
                "write one address such as \"10.0.0.1\" or \"2001:db8::1\", without a prefix length",
                "アドレスを1つ記載する(例 \"10.0.0.1\"、\"2001:db8::1\"。プレフィックス長は付けない)"
            )
        };
        let text = self.text(field, advice)?;
        text.parse().map_err(|_| self.wrong(field, &Value::from(text), advice()))
    }

    fn proto(&self, family: Family) -> Result<u8, Msg> {
        let advice = || {
            msg!(
                "write a name such as \"tcp\", \"udp\", \"icmp\", \"icmpv6\", \"gre\", \"esp\" or a number from 0 to 255",
                "\"tcp\"、\"udp\"、\"icmp\"、\"icmpv6\"、\"gre\"、\"esp\" \
                 等の名前又は0から255までの番号を記載する"
            )
        };
        let value = self.get("proto").ok_or_else(|| self.missing("proto", advice()))?;
        let number = match value {
            Value::Number(n) => n.as_u64().and_then(|n| u8::try_from(n).ok()),
            Value::String(s) => proto_number(s).or_else(|| s.parse().ok()),
            _ => None,
        };
        let number = number.ok_or_else(|| self.wrong("proto", value, advice()))?;
        let named = value.is_string();
        let misfit = (family == Family::V6 && number == proto::ICMP)
            || (family == Family::V4 && number == proto::ICMPV6);
        let fits = !(named && misfit);
        if fits {
            return Ok(number);
        }
        let right = if family == Family::V4 { "icmp" } else { "icmpv6" };
        Err(self.wrong(
            "proto",
            value,
            msg!("with these addresses write \"{right}\"", "このアドレス体系では \"{right}\" を記載する"),
        ))
    }

    /// A whole number up to `max`.
    fn number(&self, field: &str, max: u64) -> Result<Option<u64>, Msg> {
        let Some(value) = self.get(field) else { return Ok(None) };
        match value.as_u64() {
            Some(n) if n <= max => Ok(Some(n)),
            _ => Err(self.wrong(
                field,
                value,
                msg!("write a whole number from 0 to {max}", "0から{max}までの整数を記載する"),
            )),
        }
    }

    /// A number that only some protocols have. 0 elsewhere is the same as leaving it out.
    fn only_if(&self, field: &str, max: u64, has_it: bool) -> Result<Option<u16>, Msg> {
        let number = self.number(field, max)?;
        if !has_it && number.is_some_and(|n| n != 0) {
            return Err(self.error(&msg!(
                "`{field}` does not exist in this protocol: leave it out",
                "このプロトコルに `{field}` はない。項目を削除する"
            )));
        }
        Ok(number.and_then(|n| u16::try_from(n).ok()))
    }

    fn ports(&self, number: u8, later_fragment: bool) -> Result<(u16, u16), Msg> {
        let has = PORT_PROTOCOLS.contains(&number) && !later_fragment;
        let sport = self.only_if("sport", 0xFFFF, has)?;
        let dport = self.only_if("dport", 0xFFFF, has)?;
        if !has {
            return Ok((0, 0));
        }
        let advice = || msg!("write the destination port", "宛先ポート番号を記載する");
        Ok((sport.unwrap_or(49152), dport.ok_or_else(|| self.missing("dport", advice()))?))
    }

    fn icmp(&self, number: u8) -> Result<u16, Msg> {
        let has = number == proto::ICMP || number == proto::ICMPV6;
        let echo = if number == proto::ICMP { 8 } else { 128 };
        let kind = self.only_if("type", 255, has)?.unwrap_or(if has { echo } else { 0 });
        Ok(kind << 8 | self.only_if("code", 255, has)?.unwrap_or(0))
    }

    fn flags(&self, number: u8) -> Result<u8, Msg> {
        let advice = || {
            msg!(
                "write letters of S (SYN), F (FIN), R (RST), P (PSH), A (ACK), U (URG), for example \"SA\"",
                "S(SYN)、F(FIN)、R(RST)、P(PSH)、A(ACK)、U(URG)の文字を並べて記載する(例 \"SA\")"
            )
        };
        match self.get("flags") {
            None => Ok(if number == proto::TCP { 2 } else { 0 }),
            Some(Value::String(s)) if s.is_empty() => Ok(0),
            Some(_) if number != proto::TCP => Err(self.error(&msg!(
                "`flags` exist in TCP only: leave them out",
                "`flags` はTCPにのみある。項目を削除する"
            ))),
            Some(value) => value
                .as_str()
                .and_then(|s| s.chars().map(flag).try_fold(0, |all, f| f.map(|f| all | f)))
                .ok_or_else(|| self.wrong("flags", value, advice())),
        }
    }

    fn state(&self) -> Result<State, Msg> {
        match self.get("state") {
            None => Ok(State::New),
            Some(Value::String(s)) if s == "new" => Ok(State::New),
            Some(Value::String(s)) if s == "established" => Ok(State::Established),
            Some(other) => Err(self.wrong(
                "state",
                other,
                msg!("write \"new\" or \"established\"", "\"new\" 又は \"established\" を記載する"),
            )),
        }
    }

    fn frag(&self) -> Result<bool, Msg> {
        match self.get("frag") {
            None => Ok(false),
            Some(Value::Bool(b)) => Ok(*b),
            Some(v) if v.as_u64().is_some() => Ok(v.as_u64() != Some(0)),
            Some(other) => {
                Err(self.wrong("frag", other, msg!("write true or false", "true 又は false を記載する")))
            }
        }
    }
}

fn flag(c: char) -> Option<u8> {
    Some(match c.to_ascii_uppercase() {
        'F' => 1,
        'S' => 2,
        'R' => 4,
        'P' => 8,
        'A' => 16,
        'U' => 32,
        _ => return None,
    })
}

fn unknown_key(key: &str) -> Msg {
    let near = FIELDS.iter().map(|f| (strsim::damerau_levenshtein(f, key), *f)).min();
    let key = shown_key(key);
    match near {
        Some((distance, field)) if distance <= 2 => msg!(
            "`{key}` is not a field of a packet: did you mean `{field}`?",
            "「{key}」という項目はない。「{field}」の誤りではないか"
        ),
        _ => {
            let all = FIELDS.join(", ");
            msg!(
                "`{key}` is not a field of a packet: the fields are {all}",
                "「{key}」という項目はない。使用できる項目は {all} である"
            )
        }
    }
}

const LONGEST: usize = 60;

fn shown_key(key: &str) -> String {
    key.chars().take(LONGEST).collect()
}

/// The value as JSON, cut where it is long.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= LONGEST {
        return text;
    }
    let cut: String = text.chars().take(LONGEST).collect();
    format!("{cut}…")
}

/// The protocol number behind a name or a number in text, as `--proto` takes it.
pub fn protocol(text: &str) -> Option<u8> {
    proto_number(text).or_else(|| text.parse().ok())
}

/// Every protocol name, for messages.
pub fn protocol_names() -> impl Iterator<Item = &'static str> {
    PROTOCOLS.iter().map(|(name, _)| *name)
}
