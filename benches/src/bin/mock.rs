//! How fast the mock server is, beside the real one where there is one.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use clap::Parser;
use parse_orm_benches::{Connections, Measured, Request, Result, Server, Table, build, median};
use parse_orm_mock::MockServer;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

/// Measures the mock server: how long it takes to start, and how many requests it answers.
///
/// Where `PARSE_SERVER_URL`, `PARSE_APP_ID`, `PARSE_REST_KEY` and `PARSE_MASTER_KEY` say where a real server is, the
/// same requests are played to it, and the table compares the two. It must let clients create classes.
#[derive(Debug, Parser)]
struct Arguments {
    /// Rows of the class that is read
    #[arg(long, default_value_t = 10_000)]
    rows: usize,
    /// Clients at once
    #[arg(long, default_value_t = 16)]
    clients: usize,
    /// How long each kind of request is measured, in milliseconds; three times
    #[arg(long, default_value_t = 500)]
    millis: u64,
    /// Only the kinds of requests whose name has this in it
    #[arg(long)]
    only: Option<String>,
}

const ROUNDS: usize = 3;
const CLASS: &str = "BenchScore";

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    build()?;
    let mut out = io::stdout().lock();
    writeln!(out, "{}", starts()?)?;
    let mut servers = vec![Server::mock()?];
    servers.extend(Server::real()?);
    let columns: Vec<Vec<Option<Measured>>> = servers
        .iter()
        .map(|server| measure(server, &arguments))
        .collect::<Result<_>>()?;
    let heading = format!("{} rows, {} clients", arguments.rows, arguments.clients);
    let mut headings = vec![heading];
    for server in &servers {
        headings.push(format!("{} requests/s", server.name));
        headings.push(format!("{} CPU µs", server.name));
    }
    if servers.len() > 1 {
        headings.push("ratio".to_owned());
    }
    let mut table = Table::new(headings);
    for (place, kind) in KINDS.iter().enumerate() {
        let measured: Vec<Measured> = columns.iter().filter_map(|column| column[place]).collect();
        if measured.is_empty() {
            continue;
        }
        let mut row = vec![kind.name.to_owned()];
        for one in &measured {
            row.push(format!("{:.0}", one.rate));
            row.push(one.cpu.map_or("?".to_owned(), |cpu| cpu.as_micros().to_string()));
        }
        if let [mock, real] = &measured[..] {
            row.push(format!("{:.1}", mock.rate / real.rate));
        }
        table.row(row);
    }
    writeln!(out, "{table}")?;
    Ok(())
}

/// How long it takes until a server can be asked.
fn starts() -> Result<Table> {
    const TIMES: usize = 21;
    let millis = |time: Duration| time.as_secs_f64() * 1e3;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let mut within = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let begin = Instant::now();
        let server = runtime.block_on(MockServer::builder().start())?;
        within.push(millis(begin.elapsed()));
        drop(server);
    }
    let mut program = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let begin = Instant::now();
        let server = Server::mock()?;
        program.push(millis(begin.elapsed()));
        drop(server);
    }
    let mut table = Table::new(["start", "ms"]);
    table.row([
        "in the process of a test".to_owned(),
        format!("{:.2}", median(within)),
    ]);
    table.row(["as a program".to_owned(), format!("{:.2}", median(program))]);
    Ok(table)
}

/// One kind of request.
struct Kind {
    name: &'static str,
    /// The n-th of them.
    make: fn(&Server, &Filled, usize) -> Request,
}

/// The class that is read.
struct Filled {
    class: String,
    ids: Vec<String>,
}

impl Filled {
    fn id(&self, n: usize) -> &str {
        &self.ids[n.wrapping_mul(7919) % self.ids.len()]
    }
}

const KINDS: &[Kind] = &[
    Kind {
        name: "get by id",
        make: |server, filled, n| get(server, &format!("/classes/{}/{}", filled.class, filled.id(n))),
    },
    Kind {
        name: "create",
        make: |server, filled, n| {
            let path = format!("/classes/{}New", filled.class);
            Request::new(server, "POST", &path, Some(&row(n)), false)
        },
    },
    Kind {
        name: "update",
        make: |server, filled, n| {
            let path = format!("/classes/{}/{}", filled.class, filled.id(n));
            let body = json!({"cheatMode": n.is_multiple_of(2), "plays": {"__op": "Increment", "amount": 1}});
            Request::new(server, "PUT", &path, Some(&body), false)
        },
    },
    Kind {
        name: "find by id",
        make: |server, filled, n| find(server, filled, &json!({"objectId": filled.id(n)}), ""),
    },
    Kind {
        name: "find by an equal text",
        make: |server, filled, n| {
            let name = json!({"playerName": player_name(n.wrapping_mul(7919) % filled.ids.len())});
            find(server, filled, &name, "")
        },
    },
    Kind {
        name: "find by a pointer",
        make: |server, filled, n| {
            let team = team(n.wrapping_mul(7919) % filled.ids.len());
            find(server, filled, &json!({"team": team}), "")
        },
    },
    Kind {
        name: "first page of 20 by score",
        make: |server, filled, _| find(server, filled, &json!({}), "&order=-score&limit=20"),
    },
    Kind {
        name: "next page of 100 by score and id",
        make: |server, filled, n| {
            let (score, id) = (score(n), filled.id(n));
            let beyond = json!({"$or": [
                {"score": {"$gt": score}}, {"score": score, "objectId": {"$gt": id}}
            ]});
            find(server, filled, &beyond, "&order=score,objectId&limit=100")
        },
    },
    Kind {
        name: "count of equal numbers",
        make: |server, filled, n| find(server, filled, &json!({"score": score(n)}), "&count=1&limit=0"),
    },
    Kind {
        name: "batch of 50 creates",
        make: |server, filled, n| batch(server, &format!("{}New", filled.class), n * 50, 50, false),
    },
];

fn player_name(n: usize) -> String {
    format!("player {n:06}")
}

fn team(n: usize) -> Value {
    json!({"__type": "Pointer", "className": "BenchTeam", "objectId": format!("team{:06}", n / 10)})
}

fn score(n: usize) -> usize {
    n.wrapping_mul(104_729) % 1_000
}

fn row(n: usize) -> Value {
    json!({"score": score(n), "playerName": player_name(n), "cheatMode": false, "team": team(n), "plays": 0})
}

fn get(server: &Server, path: &str) -> Request {
    Request::new(server, "GET", path, None, false)
}

fn find(server: &Server, filled: &Filled, filter: &Value, more: &str) -> Request {
    let filter = filter.to_string();
    let filter = utf8_percent_encode(&filter, NON_ALPHANUMERIC);
    get(server, &format!("/classes/{}?where={filter}{more}", filled.class))
}

fn batch(server: &Server, class: &str, from: usize, count: usize, master: bool) -> Request {
    let path = format!("{}/classes/{class}", server.mount());
    let request = |n| json!({"method": "POST", "path": path, "body": row(n)});
    let requests: Vec<Value> = (from..from + count).map(request).collect();
    Request::new(
        server,
        "POST",
        "/batch",
        Some(&json!({"requests": requests})),
        master,
    )
}

/// Fills a class, measures every kind of request, and takes the classes away.
fn measure(server: &Server, arguments: &Arguments) -> Result<Vec<Option<Measured>>> {
    let class = format!("{CLASS}{}", std::process::id());
    let filled = fill(server, &mut Connections::open(server, 1)?, &class, arguments.rows)?;
    let mut measured = Vec::with_capacity(KINDS.len());
    for kind in KINDS {
        let asked = arguments
            .only
            .as_ref()
            .is_none_or(|only| kind.name.contains(only));
        measured.push(if asked {
            Some(measure_kind(server, &filled, kind, arguments)?)
        } else {
            None
        });
    }
    let mut connections = Connections::open(server, 1)?;
    for class in [filled.class.clone(), format!("{}New", filled.class)] {
        for room in ["purge", "schemas"] {
            let path = format!("/{room}/{class}");
            // The second class may not be there.
            let _ = connections.ask(&Request::new(server, "DELETE", &path, None, true));
        }
    }
    Ok(measured)
}

fn fill(server: &Server, connections: &mut Connections, class: &str, rows: usize) -> Result<Filled> {
    const BATCH: usize = 50;
    let mut ids = Vec::with_capacity(rows);
    for from in (0..rows).step_by(BATCH) {
        let answer = connections.ask(&batch(server, class, from, BATCH.min(rows - from), true))?;
        for created in answer.as_array().into_iter().flatten() {
            let id = created["success"]["objectId"].as_str();
            ids.push(id.ok_or_else(|| format!("not created: {created}"))?.to_owned());
        }
    }
    Ok(Filled {
        class: class.to_owned(),
        ids,
    })
}

/// Measures one kind over connections of its own: a real server closes those that wait.
fn measure_kind(server: &Server, filled: &Filled, kind: &Kind, arguments: &Arguments) -> Result<Measured> {
    /// Different requests, that are sent over and over.
    const REQUESTS: usize = 1_000;
    let requests: Vec<Request> = (0..REQUESTS).map(|n| (kind.make)(server, filled, n)).collect();
    let mut connections = Connections::open(server, arguments.clients)?;
    // Whatever is made at first is made.
    connections.send_all(&requests[..arguments.clients.min(REQUESTS)])?;
    let rounds = (0..ROUNDS).map(|_| connections.measure(&requests, Duration::from_millis(arguments.millis)));
    let rounds = rounds.collect::<Result<Vec<Measured>>>()?;
    let cpu: Option<Vec<f64>> = rounds
        .iter()
        .map(|round| round.cpu.map(|cpu| cpu.as_secs_f64()))
        .collect();
    Ok(Measured {
        rate: median(rounds.iter().map(|round| round.rate).collect()),
        cpu: cpu.map(|cpu| Duration::from_secs_f64(median(cpu))),
    })
}
