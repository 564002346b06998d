//! Before an object is sent: whatever new objects and files it holds, however deep, in as few requests as
//! possible.
//!
//! Files go first, side by side. Then the new objects in waves, each what the next one needs: one `POST /batch` a
//! wave (a plain POST for a single object), in chunks of [`CHUNK`]. What several objects share is one and is sent
//! once: it is told by its identity, never by its value.

use crate::client::batch::{self, Item, Kind, send};
use crate::client::{Call, Method, Path, by, late};
use crate::error::DependencyError;
use crate::value::{Holder, NewFile, NewObject, Unstored};
use crate::{Client, Error, Result};
use futures::StreamExt;
use futures::lock::MutexGuard;
use std::collections::HashMap;
use std::pin::pin;
use std::sync::{Arc, OnceLock};

/// How many objects go in one batch.
const CHUNK: usize = 50;
/// How many requests of a wave are under way at a time.
const SIDE_BY_SIDE: usize = 4;

/// Stores what an object holds, before it is sent itself.
pub(crate) async fn store_one(client: &Client, holder: &dyn Holder) -> Result<()> {
    store(client, &[holder]).await.pop().unwrap_or(Ok(()))
}

/// Stores what these objects hold, before they are sent themselves. In their order: whether each can be sent now,
/// or why not. What holds nothing new costs nothing.
pub(crate) async fn store(client: &Client, holders: &[&dyn Holder]) -> Vec<Result<()>> {
    let mut graph = Graph::default();
    let roots: Vec<Root<'_>> = holders.iter().map(|holder| graph.root(*holder)).collect();
    if graph.is_empty() {
        return holders.iter().map(|_| Ok(())).collect();
    }
    graph.explore();
    let waves = graph.waves();
    graph.need(&roots, &waves);
    let Some(gates) = by(client.deadline(), pin!(graph.lock())).await else {
        let waited = || "the wait for another task, which stores the same new object".into();
        return holders
            .iter()
            .map(|_| Err(late(waited(), None, false, None)))
            .collect();
    };
    graph.upload(client).await;
    for wave in &waves {
        graph.create(client, wave).await;
    }
    drop(gates);
    roots.into_iter().map(|root| graph.outcome(root)).collect()
}

/// Everything new below some objects. Owned values cannot form a cycle.
#[derive(Default)]
struct Graph<'a> {
    nodes: Vec<Node<'a>>,
    files: Vec<Contents<'a>>,
    /// By the address of what is shared.
    places: HashMap<usize, Place>,
    /// Why nothing more is sent: a request was not answered, and the next one would not be, either.
    stopped: OnceLock<Arc<Error>>,
}

struct Node<'a> {
    object: &'a dyn NewObject,
    holds: Vec<Held>,
    state: State,
}

struct Contents<'a> {
    file: &'a NewFile,
    state: State,
}

#[derive(Default)]
struct State {
    /// An object that can be sent holds it.
    needed: bool,
    failed: Option<Arc<Error>>,
}

struct Root<'a> {
    holder: &'a dyn Holder,
    holds: Vec<Held>,
    checked: Result<()>,
}

/// What a field holds.
struct Held {
    field: usize,
    place: Place,
}

#[derive(Clone, Copy)]
enum Place {
    Object(usize),
    File(usize),
}

fn address<T: ?Sized>(shared: &T) -> usize {
    std::ptr::from_ref(shared).cast::<()>().addr()
}

impl State {
    fn after(checked: Result<()>) -> Self {
        Self {
            needed: false,
            failed: checked.err().map(Arc::new),
        }
    }
}

impl<'a> Graph<'a> {
    fn root(&mut self, holder: &'a dyn Holder) -> Root<'a> {
        let holds = self.holds(holder);
        let checked = if holds.is_empty() { Ok(()) } else { holder.check() };
        Root {
            holder,
            holds,
            checked,
        }
    }

    fn is_empty(&self) -> bool {
        self.nodes.is_empty() && self.files.is_empty()
    }

    fn holds(&mut self, holder: &'a dyn Holder) -> Vec<Held> {
        let mut holds = Vec::new();
        holder.unstored(&mut |field, new| {
            let place = self.place(new);
            holds.push(Held { field, place });
        });
        holds
    }

    /// Where something new is kept, be it seen for the first time or again.
    fn place(&mut self, new: Unstored<'a>) -> Place {
        let Self {
            nodes, files, places, ..
        } = self;
        match new {
            Unstored::Object(object) => *places.entry(address(object)).or_insert_with(|| {
                let (holds, state) = (Vec::new(), State::after(object.check()));
                nodes.push(Node { object, holds, state });
                Place::Object(nodes.len() - 1)
            }),
            Unstored::File(file) => *places.entry(address(file)).or_insert_with(|| {
                let state = State::after(file.check());
                files.push(Contents { file, state });
                Place::File(files.len() - 1)
            }),
        }
    }

    /// Finds what is held by what is held.
    fn explore(&mut self) {
        let mut next = 0;
        while let Some(node) = self.nodes.get(next) {
            let holder: &dyn Holder = node.object;
            self.nodes[next].holds = self.holds(holder);
            next += 1;
        }
    }

    /// The objects by the wave that they go in: each as soon as what it holds is stored.
    fn waves(&self) -> Vec<Vec<usize>> {
        let mut waves = Vec::new();
        let mut done = vec![false; self.nodes.len()];
        let mut rest: Vec<usize> = (0..self.nodes.len()).collect();
        while !rest.is_empty() {
            let ready = |node: &usize| {
                self.nodes[*node].holds.iter().all(|held| match held.place {
                    Place::Object(object) => done[object],
                    Place::File(_) => true,
                })
            };
            let (wave, later): (Vec<usize>, Vec<usize>) = rest.into_iter().partition(ready);
            for node in &wave {
                done[*node] = true;
            }
            waves.push(wave);
            rest = later;
        }
        waves
    }

    fn state(&mut self, place: Place) -> &mut State {
        match place {
            Place::Object(object) => &mut self.nodes[object].state,
            Place::File(file) => &mut self.files[file].state,
        }
    }

    /// What has to be sent: nothing that only belongs to what cannot be sent.
    fn need(&mut self, roots: &[Root<'a>], waves: &[Vec<usize>]) {
        for node in waves.iter().flatten() {
            self.fail_with_held(*node);
        }
        for root in roots {
            if root.checked.is_ok() && self.failed(&root.holds).is_none() {
                for held in &root.holds {
                    self.state(held.place).needed = true;
                }
            }
        }
        for node in waves.iter().rev().flatten() {
            if self.nodes[*node].state.needed {
                let places: Vec<Place> = self.nodes[*node].holds.iter().map(|held| held.place).collect();
                for place in places {
                    self.state(place).needed = true;
                }
            }
        }
    }

    /// The first of these that could not be stored.
    fn failed(&self, holds: &[Held]) -> Option<(usize, &'static str, &Arc<Error>)> {
        holds.iter().find_map(|held| {
            let (class_name, state) = match held.place {
                Place::Object(object) => (self.nodes[object].object.class_name(), &self.nodes[object].state),
                Place::File(file) => ("File", &self.files[file].state),
            };
            Some((held.field, class_name, state.failed.as_ref()?))
        })
    }

    fn dependency(&self, holder: &dyn Holder, holds: &[Held]) -> Option<Error> {
        let (field, held, error) = self.failed(holds)?;
        Some(Error::Dependency(Box::new(DependencyError {
            class_name: holder.class_name(),
            field: holder.field_name(field),
            held,
            error: error.clone(),
        })))
    }

    fn fail_with_held(&mut self, node: usize) {
        let Node { object, holds, state } = &self.nodes[node];
        if state.failed.is_none()
            && let Some(error) = self.dependency(*object, holds)
        {
            self.nodes[node].state.failed = Some(Arc::new(error));
        }
    }

    /// Keeps others from storing the same at the same time. Held while waiting for answers: that is safe, because
    /// everybody locks in one order, and all at once.
    async fn lock(&self) -> Vec<MutexGuard<'a, ()>> {
        let nodes = self.nodes.iter().filter(|node| node.state.needed);
        let files = self.files.iter().filter(|contents| contents.state.needed);
        let mut gates: Vec<_> = nodes
            .map(|node| node.object.gate())
            .chain(files.map(|contents| contents.file.gate()))
            .collect();
        gates.sort_by_key(|gate| address(*gate));
        let mut guards = Vec::with_capacity(gates.len());
        for gate in gates {
            guards.push(gate.lock().await);
        }
        guards
    }

    async fn upload(&mut self, client: &Client) {
        let needed = self.files.iter_mut().filter(|contents| contents.state.needed);
        let uploads: Vec<_> = needed.map(|contents| contents.upload(client)).collect();
        run(uploads).await;
    }

    /// Sends the objects of one wave.
    async fn create(&mut self, client: &Client, wave: &[usize]) {
        let mut bodies = Vec::new();
        for &node in wave {
            self.fail_with_held(node);
            let Node { object, state, .. } = &mut self.nodes[node];
            if !state.needed || state.failed.is_some() || object.stored_id().is_some() {
                continue;
            }
            match object.body(client.acl_of_new(object.class_name())) {
                Ok(body) => bodies.push((node, *object, body)),
                Err(error) => state.failed = Some(Arc::new(error)),
            }
        }
        let chunks: Vec<_> = bodies
            .chunks(CHUNK)
            .map(|chunk| create_all(client, chunk, &self.stopped))
            .collect();
        for failed in run(chunks).await {
            for (node, error) in failed {
                self.nodes[node].state.failed = Some(error);
            }
        }
    }

    fn outcome(&self, root: Root<'a>) -> Result<()> {
        root.checked?;
        self.dependency(root.holder, &root.holds).map_or(Ok(()), Err)
    }
}

/// Several requests side by side, their results in no order.
async fn run<F: Future>(requests: Vec<F>) -> Vec<F::Output> {
    futures::stream::iter(requests)
        .buffer_unordered(SIDE_BY_SIDE)
        .collect()
        .await
}

impl Contents<'_> {
    async fn upload(&mut self, client: &Client) {
        self.state.failed = self.file.send(client).await.err().map(Arc::new);
    }
}

/// An object to create, its number, and its body.
type Create<'a> = (usize, &'a dyn NewObject, Vec<u8>);

/// Creates these objects in one request, and returns those that were not.
async fn create_all(
    client: &Client,
    chunk: &[Create<'_>],
    stopped: &OnceLock<Arc<Error>>,
) -> Vec<(usize, Arc<Error>)> {
    let all = |error: Error| {
        let error = Arc::new(error);
        chunk.iter().map(|(node, ..)| (*node, error.clone())).collect()
    };
    let stored =
        |object: &dyn NewObject, answer: &[u8]| object.stored(answer, client.acl_of_new(object.class_name()));
    if let Some(cause) = stopped.get() {
        return all(Error::Untouched(cause.clone()));
    }
    let outcomes = if let [(_, object, body)] = chunk {
        let call = Call {
            method: Method::Post,
            path: Path::Class(object.class_name()),
            body: Some(body.clone()),
        };
        let answer = client.request(call).await;
        vec![answer.and_then(|answer| stored(*object, &answer))]
    } else {
        let items = chunk.iter().map(|(_, object, body)| Item {
            method: Method::Post,
            path: Path::Class(object.class_name()),
            body: Some(body),
        });
        let items: Vec<Item<'_>> = items.collect();
        match send(client, &items, Kind::Independent).await {
            Ok(answers) => {
                let taken = chunk.iter().zip(answers);
                taken
                    .map(|((_, object, _), answer)| stored(*object, &answer?))
                    .collect()
            }
            Err(error) => {
                let cause = Arc::new(error);
                // another one may have been first
                let _ = stopped.set(cause.clone());
                return all(batch::each(&cause));
            }
        }
    };
    let failed = chunk.iter().zip(outcomes);
    failed
        .filter_map(|((node, ..), outcome)| Some((*node, Arc::new(outcome.err()?))))
        .collect()
}
