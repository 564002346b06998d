//! Lookups of arrays: of texts, numbers and pointers.

use crate::backend::{Backend, Outcome, PostgresCannot, backend, mock_because_postgres_cannot, sorted};
use crate::models::{Player, player, store};
use parse_orm::prelude::*;

#[derive(ParseObject, Debug, Clone)]
#[parse(class_name = "E2eCrew")]
struct Crew {
    run: String,
    name: String,
    #[parse(default)]
    tags: Vec<String>,
    sizes: Option<Vec<i64>>,
    #[parse(default)]
    members: Vec<Pointer<Player>>,
}

/// Crews `a` to `d`: `d` has nothing in its arrays. With them three players.
async fn crews(backend: &Backend) -> parse_orm::Result<(QuerySet<Crew>, Vec<Object<Player>>)> {
    let run = backend.run();
    let players = store(backend, ["x", "y", "z"].map(|name| player(&run, name))).await?;
    let crew = |name: &str, tags: &[&str], sizes: Option<&[i64]>, members: &[usize]| Crew {
        run: run.clone(),
        name: name.into(),
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        sizes: sizes.map(<[_]>::to_vec),
        members: members.iter().map(|member| players[*member].pointer()).collect(),
    };
    let rows = [
        crew("a", &["red", "round", "big"], Some(&[1, 2, 3]), &[0, 1]),
        crew("b", &["red", "square"], Some(&[2, 3]), &[1, 2]),
        crew("c", &["rough"], Some(&[3]), &[0]),
        crew("d", &[], Some(&[]), &[]),
    ];
    store(backend, rows).await?;
    Ok((query!(Crew.filter(run = run)), players))
}

async fn found(set: &QuerySet<Crew>, backend: &Backend) -> parse_orm::Result<String> {
    let crews = set.all(backend.client()).await?;
    Ok(sorted(crews.into_iter().map(|crew| crew.into_inner().name)).concat())
}

macro_rules! finds {
    ($backend:expr, $($set:expr => $names:expr,)*) => {$(
        let set = query!($set);
        assert_eq!(found(&set, &$backend).await?, $names, "{set:?}");
    )*};
}

#[tokio::test]
async fn holds_each_of() -> Outcome {
    let backend = backend().await;
    let (all, _) = crews(&backend).await?;
    let nothing: [&str; 0] = [];
    finds! { backend,
        all.filter(tags__all = ["red"]) => "ab",
        all.filter(tags__all = ["round", "red"]) => "a",
        all.filter(tags__all = ["red", "blue"]) => "",
        all.filter(sizes__all = [2, 3]) => "ab",
        all.filter(sizes__all = vec![1_u8]) => "a",
        // of nothing at all every row holds each
        all.filter(tags__all = nothing) => "abcd",
        all.filter(tags__startswith_all = nothing) => "abcd",
        // two of one kind both count
        all.filter(tags__all = ["red"], tags__all = ["big"]) => "a",
        all.filter(tags__all = ["red"]).filter(name__gt = "a") => "b",
        all.filter(Q(tags__all = ["big"]) | Q(tags__all = ["rough"])) => "ac",
    }
    Ok(())
}

#[tokio::test]
async fn holds_each_of_some_pointers() -> Outcome {
    let backend = backend().await;
    let (all, players) = crews(&backend).await?;
    let [x, y, z] = &players[..] else {
        return Err("three players".into());
    };
    finds! { backend,
        all.filter(members__all = [x]) => "ac",
        all.filter(members__all = [x, y]) => "a",
        all.filter(members__all = [x.pointer(), z.pointer()]) => "",
    }
    Ok(())
}

/// Row 3: a pointer beside an array asks for membership.
#[tokio::test]
async fn row_3_a_pointer_in_an_array_of_pointers() -> Outcome {
    let backend = backend().await;
    let (all, players) = crews(&backend).await?;
    let [x, y, z] = &players[..] else {
        return Err("three players".into());
    };
    finds! { backend,
        all.filter(members = x) => "ac",
        all.filter(members = y.pointer()) => "ab",
        all.filter(members = z, name__gt = "a") => "b",
        all.filter(members__in = [x, z]) => "abc",
        all.filter(Q(members = z) | Q(name = "d")) => "bd",
    }
    Ok(())
}

#[tokio::test]
async fn one_of_the_objects_behind_an_array_of_pointers() -> Outcome {
    let backend = backend().await;
    let (all, _) = crews(&backend).await?;
    finds! { backend,
        all.filter(members__name = "x") => "ac",
        all.filter(members.name__gt = "x", name__gt = "a") => "b",
        all.filter(members__name = "nobody") => "",
        // each may be met by another one
        all.filter(members.name = "x", members.name__gt = "x") => "a",
        all.filter(Q(members__name = "z") | Q(name = "d")) => "bd",
        all.exclude(members__name = "x") => "bd",
    }
    Ok(())
}

#[tokio::test]
async fn row_3_a_pointer_in_an_array_and_what_stands_beside_it() -> Outcome {
    let backend = mock_because_postgres_cannot(PostgresCannot::CompareAnArrayWithAnElement).await;
    let (all, players) = crews(&backend).await?;
    let [x, y, z] = &players[..] else {
        return Err("three players".into());
    };
    finds! { backend,
        all.filter(members = x, members = y) => "a",
        all.filter(members = x, members__ne = y) => "c",
        all.filter(members__ne = x) => "bd",
        all.exclude(members = z) => "acd",
        all.filter(members__nin = [y, z]) => "cd",
        all.filter(members__in = [x, y], members__in = [z]) => "b",
        all.filter(tags = "red", tags = "big") => "a",
    }
    Ok(())
}

#[tokio::test]
async fn each_text_begins_an_element() -> Outcome {
    let backend = backend().await;
    let (all, _) = crews(&backend).await?;
    let owned = vec!["re".to_owned()];
    finds! { backend,
        all.filter(tags__startswith_all = ["re", "sq"]) => "b",
        all.filter(tags__startswith_all = &owned) => "ab",
        all.filter(tags__startswith_all = ["rou", "x"]) => "",
        all.filter(tags__startswith_all = ["."]) => "",
    }
    Ok(())
}

#[tokio::test]
async fn one_text_begins_several_elements() -> Outcome {
    let backend = mock_because_postgres_cannot(PostgresCannot::LookForSeveralBeginnings).await;
    let (all, _) = crews(&backend).await?;
    finds! { backend,
        all.filter(tags__startswith_all = ["r"]) => "abc",
        all.filter(tags__startswith_all = ["r", "b"]) => "a",
        all.filter(tags__startswith_all = ["r", "x"]) => "",
    }
    Ok(())
}

#[tokio::test]
async fn holds_nothing_but() -> Outcome {
    let backend = backend().await;
    let (all, players) = crews(&backend).await?;
    let [x, y, _] = &players[..] else {
        return Err("three players".into());
    };
    let nothing: [i64; 0] = [];
    finds! { backend,
        all.filter(sizes__contained_by = [2, 3, 4]) => "bcd",
        all.filter(sizes__contained_by = [1, 2, 3]) => "abcd",
        all.filter(sizes__contained_by = nothing) => "d",
        all.filter(tags__contained_by = ["red", "square", "rough"]) => "bcd",
        all.filter(members__contained_by = [x, y]) => "acd",
        all.filter(sizes__contained_by = [3], name__gt = "c") => "d",
        // none of these overwrites another, on the server neither
        all.filter(sizes__contained_by = [2, 3], tags__contained_by = ["rough"]) => "cd",
        all.filter(sizes__contained_by = [2, 3], sizes__all = [2]) => "b",
        all.filter(sizes__contained_by = [2, 3], sizes__contained_by = [3, 4]) => "cd",
        all.filter(sizes__contained_by = [2, 3], !Q(name = "c", sizes__all = [3])) => "bd",
        all.filter(Q(sizes__contained_by = [3]) | Q(sizes__all = [1])) => "acd",
    }
    Ok(())
}

/// MongoDB's meaning where there is no array at all.
#[tokio::test]
async fn rows_without_the_array() -> Outcome {
    let backend = mock_because_postgres_cannot(PostgresCannot::NegateMissingFields).await;
    let (all, _) = crews(&backend).await?;
    let none = Crew {
        run: backend.run(),
        name: "e".into(),
        tags: Vec::new(),
        sizes: None,
        members: Vec::new(),
    };
    none.create(backend.client()).await?;
    finds! { backend,
        all.filter(sizes__all = [3]) => "abc",
        all.exclude(sizes__all = [3]) => "de",
        all.filter(sizes__contained_by = [3]) => "cde",
        all.exclude(sizes__contained_by = [3]) => "ab",
        all.exclude(tags__startswith_all = ["r"]) => "de",
        all.filter(!!Q(sizes__all = [1])) => "a",
        all.filter(sizes__isnull = true) => "e",
        all.filter(sizes__exists = false) => "e",
        all.exclude(sizes__exists = false) => "abcd",
    }
    Ok(())
}
