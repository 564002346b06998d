//! Every way the server says no: one type, and the shapes in which a real Parse Server writes it.

use std::borrow::Cow;

use serde_json::{Value, json};

/// Error codes of the protocol that this server gives.
pub(crate) mod code {
    pub(crate) const OTHER_CAUSE: i64 = -1;
    pub(crate) const INTERNAL: i64 = 1;
    pub(crate) const OBJECT_NOT_FOUND: i64 = 101;
    pub(crate) const INVALID_QUERY: i64 = 102;
    pub(crate) const INVALID_CLASS_NAME: i64 = 103;
    pub(crate) const MISSING_OBJECT_ID: i64 = 104;
    pub(crate) const INVALID_KEY_NAME: i64 = 105;
    pub(crate) const INVALID_JSON: i64 = 107;
    pub(crate) const COMMAND_UNAVAILABLE: i64 = 108;
    pub(crate) const INCORRECT_TYPE: i64 = 111;
    pub(crate) const PUSH_MISCONFIGURED: i64 = 115;
    pub(crate) const OPERATION_FORBIDDEN: i64 = 119;
    pub(crate) const INVALID_NESTED_KEY: i64 = 121;
    pub(crate) const INVALID_FILE_NAME: i64 = 122;
    pub(crate) const INVALID_EMAIL_ADDRESS: i64 = 125;
    pub(crate) const FILE_SAVE_ERROR: i64 = 130;
    pub(crate) const INSTALLATION_AMBIGUOUS: i64 = 132;
    pub(crate) const INSTALLATION_UNNAMED: i64 = 135;
    pub(crate) const INSTALLATION_FIXED: i64 = 136;
    pub(crate) const DUPLICATE_VALUE: i64 = 137;
    pub(crate) const SCRIPT_FAILED: i64 = 141;
    pub(crate) const VALIDATION_ERROR: i64 = 142;
    pub(crate) const WEBHOOK_ERROR: i64 = 143;
    pub(crate) const FILE_DELETE_ERROR: i64 = 153;
    pub(crate) const DUPLICATE_REQUEST: i64 = 159;
    pub(crate) const INVALID_VALUE: i64 = 162;
    pub(crate) const USERNAME_MISSING: i64 = 200;
    pub(crate) const PASSWORD_MISSING: i64 = 201;
    pub(crate) const USERNAME_TAKEN: i64 = 202;
    pub(crate) const EMAIL_TAKEN: i64 = 203;
    pub(crate) const EMAIL_MISSING: i64 = 204;
    pub(crate) const EMAIL_NOT_FOUND: i64 = 205;
    pub(crate) const SESSION_MISSING: i64 = 206;
    pub(crate) const ACCOUNT_ALREADY_LINKED: i64 = 208;
    pub(crate) const INVALID_SESSION_TOKEN: i64 = 209;
    pub(crate) const UNSUPPORTED_SERVICE: i64 = 252;
    pub(crate) const INVALID_SCHEMA_OPERATION: i64 = 255;
}

/// The real server has several error shapes; a client must be able to read each of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// `{"code":..,"error":..}`
    Coded,
    /// `{"code":..,"error":{..}}`: Cloud Code threw an object; its JSON is the message.
    Detailed,
    /// `{"error":..}`: answered before the request reached Parse proper.
    Bare,
    /// `{"code":1,"message":..}`: an exception nobody caught. In a batch item even the code is lost.
    Crash,
    /// Express's page for a route that does not exist.
    Page,
    /// No body: Node's HTTP parser refused the request.
    Silent,
}

/// A refused request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: Option<i64>,
    pub(crate) message: Cow<'static, str>,
    shape: Shape,
}

impl Refusal {
    /// A Parse error; the HTTP status follows from the code.
    pub(crate) fn new(code: i64, message: impl Into<Cow<'static, str>>) -> Self {
        let status = match code {
            code::INTERNAL => 500,
            code::OBJECT_NOT_FOUND => 404,
            _ => 400,
        };
        Self {
            status,
            code: Some(code),
            message: message.into(),
            shape: Shape::Coded,
        }
    }

    /// An object that Cloud Code threw.
    pub(crate) fn detailed(code: i64, error: &Value) -> Self {
        Self {
            shape: Shape::Detailed,
            ..Self::new(code, error.to_string())
        }
    }

    fn details(&self) -> Value {
        serde_json::from_str(&self.message).unwrap_or_default()
    }

    /// An error of the layers in front of Parse: no code.
    pub(crate) fn bare(status: u16, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status,
            code: None,
            message: message.into(),
            shape: Shape::Bare,
        }
    }

    /// Wrong or missing keys.
    pub(crate) fn unauthorized() -> Self {
        Self::bare(403, "unauthorized")
    }

    /// What an uncaught exception of the real server looks like from outside.
    pub(crate) fn crash() -> Self {
        Self {
            status: 500,
            code: Some(code::INTERNAL),
            message: Cow::Borrowed("Internal server error."),
            shape: Shape::Crash,
        }
    }

    /// The database refused the query; the real server hides the reason.
    pub(crate) fn database() -> Self {
        Self::new(code::INTERNAL, "An internal server error occurred")
    }

    /// Sanitised denial: the default `enableSanitizedErrorResponse` removes every detail.
    pub(crate) fn denied(code: i64) -> Self {
        Self::new(code, "Permission denied")
    }

    /// A denial with its reason, unless the server hides it.
    pub(crate) fn access(code: i64, reason: impl Into<Cow<'static, str>>, sanitized: bool) -> Self {
        if sanitized {
            Self::denied(code)
        } else {
            Self::new(code, reason)
        }
    }

    /// 101.
    pub(crate) fn not_found() -> Self {
        Self::new(code::OBJECT_NOT_FOUND, "Object not found.")
    }

    /// 107.
    pub(crate) fn json(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(code::INVALID_JSON, message)
    }

    /// 102.
    pub(crate) fn query(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(code::INVALID_QUERY, message)
    }

    /// 111.
    pub(crate) fn mistyped(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(code::INCORRECT_TYPE, message)
    }

    /// 105.
    pub(crate) fn bad_key(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(code::INVALID_KEY_NAME, message)
    }

    /// 255.
    pub(crate) fn schema(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(code::INVALID_SCHEMA_OPERATION, message)
    }

    /// 121.
    pub(crate) fn nested_key() -> Self {
        Self::new(
            code::INVALID_NESTED_KEY,
            "Nested keys should not contain the '$' or '.' characters",
        )
    }

    /// Express's 404 page.
    pub(crate) fn no_route() -> Self {
        Self {
            status: 404,
            code: None,
            message: Cow::Borrowed("Not Found"),
            shape: Shape::Page,
        }
    }

    /// Headers and URL together larger than Node accepts.
    pub(crate) fn headers_too_large() -> Self {
        Self {
            status: 431,
            code: None,
            message: Cow::Borrowed(""),
            shape: Shape::Silent,
        }
    }

    /// The response body and its content type, for a request of this method and path.
    pub(crate) fn body(&self, method: &str, path: &str) -> (&'static str, Vec<u8>) {
        const JSON: &str = "application/json; charset=utf-8";
        match self.shape {
            Shape::Coded => (
                JSON,
                json!({"code": self.code, "error": self.message})
                    .to_string()
                    .into_bytes(),
            ),
            Shape::Detailed => (
                JSON,
                json!({"code": self.code, "error": self.details()})
                    .to_string()
                    .into_bytes(),
            ),
            Shape::Bare => (JSON, json!({"error": self.message}).to_string().into_bytes()),
            Shape::Crash => (
                JSON,
                json!({"code": self.code, "message": self.message})
                    .to_string()
                    .into_bytes(),
            ),
            Shape::Silent => ("text/plain", Vec::new()),
            Shape::Page => ("text/html; charset=utf-8", page(method, path).into_bytes()),
        }
    }

    /// The `error` member of a batch item.
    pub(crate) fn in_batch(&self) -> Value {
        match self.shape {
            Shape::Coded => json!({"code": self.code, "error": self.message}),
            Shape::Detailed => json!({"code": self.code, "error": self.details()}),
            Shape::Bare => json!({"error": self.message}),
            Shape::Crash | Shape::Page | Shape::Silent => json!({}),
        }
    }
}

fn page(method: &str, path: &str) -> String {
    let path = path
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;");
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Error</title>\n\
         </head>\n<body>\n<pre>Cannot {method} {path}</pre>\n</body>\n</html>\n"
    )
}
