//! An editor, as far as rust-analyzer can tell: a small crate that depends on parse-orm, one open file in it,
//! and questions about what stands at the cursor.

mod project;
mod server;

use serde_json::{Value, json};
use server::Server;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// Where the cursor stands in a text.
const CURSOR: &str = "$0";
/// With this in the environment, a rust-analyzer that is missing is a failure.
const REQUIRED: &str = "PARSE_ORM_REQUIRE_RUST_ANALYZER";

pub struct Editor {
    server: Server,
    root: PathBuf,
    text: String,
    version: i64,
}

/// What go-to-definition found.
#[derive(Debug, PartialEq, Eq)]
pub struct Definition {
    /// The file, from the root of the edited crate or of parse-orm's workspace.
    pub file: String,
    /// The line, without its indentation.
    pub line: String,
    /// What the cursor would be put on.
    pub name: String,
}

impl Editor {
    /// The one editor of all the tests; nothing where there is no rust-analyzer that could say anything.
    pub fn open() -> Option<MutexGuard<'static, Self>> {
        static SHARED: OnceLock<Result<Mutex<Editor>, Unable>> = OnceLock::new();
        let required = std::env::var_os(REQUIRED).is_some();
        match SHARED.get_or_init(|| Self::start().map(Mutex::new)) {
            Ok(editor) => Some(editor.lock().unwrap_or_else(PoisonError::into_inner)),
            Err(Unable::NotHere(reason)) if !required => {
                eprintln!("skipped, because {reason}; it fails where {REQUIRED} is set");
                None
            }
            Err(Unable::NotHere(reason) | Unable::Failed(reason)) => panic!("{reason}"),
        }
    }

    fn start() -> Result<Self, Unable> {
        Server::version().map_err(Unable::NotHere)?;
        let root = project::write()
            .map_err(|error| Unable::Failed(format!("cannot write the crate to edit: {error}")))?;
        let (before, after) = project::around();
        let mut editor = Self {
            server: Server::start(&root, &project::build_directory()).map_err(Unable::Failed)?,
            root,
            text: format!("{before}{after}"),
            version: 0,
        };
        match editor.introduce() {
            Ok(None) => Ok(editor),
            // without the standard library's source it cannot even resolve `derive`
            Ok(Some(warning)) if warning.contains("sysroot") => Err(Unable::NotHere(format!(
                "rust-analyzer lacks the standard library: {}",
                warning.lines().next().unwrap_or_default()
            ))),
            Ok(Some(warning)) => Err(Unable::Failed(format!("rust-analyzer warns: {warning}"))),
            Err(error) => Err(Unable::Failed(error)),
        }
    }

    /// Opens the crate and the file, and waits; the answer is a warning.
    fn introduce(&mut self) -> Result<Option<String>, String> {
        let root = server::uri(&self.root);
        let introduction = json!({
            "processId": std::process::id(),
            "rootUri": root,
            "workspaceFolders": [{"uri": root, "name": "game"}],
            "capabilities": {
                "experimental": {"serverStatusNotification": true},
                "textDocument": {
                    "hover": {"contentFormat": ["markdown"]},
                    "definition": {"linkSupport": true},
                    "diagnostic": {},
                },
            },
            "initializationOptions": {
                "cargo": {"buildScripts": {"enable": true}},
                "procMacro": {"enable": true},
                "cachePriming": {"enable": false},
                "checkOnSave": false,
            },
        });
        self.server.call("initialize", &introduction)?;
        self.server.tell("initialized", &json!({}))?;
        let document = json!({
            "uri": self.uri(), "languageId": "rust", "version": self.version, "text": self.text,
        });
        self.server
            .tell("textDocument/didOpen", &json!({ "textDocument": document }))?;
        self.server.wait_until_ready()
    }

    fn uri(&self) -> String {
        server::uri(&self.root.join(project::EDITED))
    }

    /// Types this into the open file and asks about the place of the cursor.
    fn ask(&mut self, method: &str, typed: &str) -> Value {
        let (before, after) = project::around();
        let (left, right) = typed.split_once(CURSOR).unwrap_or((typed, ""));
        let left = format!("{before}{left}");
        let line = left.rfind('\n').map_or(0, |newline| newline + 1);
        let position = json!({"line": left.matches('\n').count(), "character": left.len() - line});
        self.text = format!("{left}{right}{after}");
        self.version += 1;
        let uri = self.uri();
        let edit = json!({
            "textDocument": {"uri": uri, "version": self.version},
            "contentChanges": [{"text": self.text}],
        });
        let question = json!({"textDocument": {"uri": uri}, "position": position});
        self.server
            .tell("textDocument/didChange", &edit)
            .and_then(|()| self.server.call(method, &question))
            .unwrap_or_else(|error| panic!("{typed}: {error}"))
    }

    /// The names that can be inserted at the cursor.
    pub fn completions(&mut self, typed: &str) -> Vec<String> {
        let answer = self.ask("textDocument/completion", typed);
        let items = answer["items"].as_array().or(answer.as_array());
        let names = items.into_iter().flatten().map(|item| item["label"].as_str());
        // a method's label ends in its parameters
        let name = |label: &str| label.split('(').next().unwrap_or_default().to_owned();
        names.flatten().map(name).collect()
    }

    /// Where the name at the cursor is defined.
    pub fn definitions(&mut self, typed: &str) -> Vec<Definition> {
        let answer = self.ask("textDocument/definition", typed);
        let places = answer.as_array().into_iter().flatten();
        places.map(|place| self.definition(place)).collect()
    }

    fn definition(&self, place: &Value) -> Definition {
        let uri = place["targetUri"].as_str().unwrap_or_default();
        let path = server::path(uri);
        let file = [&self.root, project::workspace()]
            .iter()
            .find_map(|root| path.strip_prefix(root).ok())
            .unwrap_or_else(|| panic!("a definition outside of the workspace: {place}"));
        let file = file.to_string_lossy().replace('\\', "/");
        let text = if file == project::EDITED {
            self.text.clone()
        } else {
            std::fs::read_to_string(path).unwrap()
        };
        let number = |at: &str, part: &str| {
            let number = place["targetSelectionRange"][at][part].as_u64();
            number.and_then(|number| usize::try_from(number).ok()).unwrap()
        };
        let line = text.lines().nth(number("start", "line")).unwrap_or_default();
        let name = line.get(number("start", "character")..number("end", "character"));
        Definition {
            file,
            line: line.trim().to_owned(),
            name: name.unwrap_or_default().to_owned(),
        }
    }

    /// What is shown where the mouse rests.
    pub fn hover(&mut self, typed: &str) -> String {
        let answer = self.ask("textDocument/hover", typed);
        answer["contents"]["value"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// What rust-analyzer itself, without the compiler, finds wrong in the open file.
    pub fn problems(&mut self, typed: &str) -> Vec<String> {
        let answer = self.ask("textDocument/diagnostic", typed);
        let items = answer["items"].as_array();
        let items = items.unwrap_or_else(|| panic!("no list of problems: {answer}"));
        items.iter().map(|item| item["message"].to_string()).collect()
    }
}

/// Why there is no editor.
enum Unable {
    /// The machine lacks what it takes.
    NotHere(String),
    Failed(String),
}
