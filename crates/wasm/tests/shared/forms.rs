//! Forms in, answers out.

use super::{field, js, number, ok, session, text};
use buddyscope_wasm::Session;
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;

/// What was thrown, as a field and a message.
fn thrown<T>(result: Result<T, JsValue>) -> (String, String) {
    let Err(error) = result else { panic!("nothing was thrown") };
    let part = |name| field(&error, name).as_string().unwrap_or_else(|| panic!("{name} of {}", text(&error)));
    (part("field"), part("message"))
}

#[wasm_bindgen_test]
fn what_is_refused_is_thrown_by_field_and_changes_nothing() {
    let mut empty = Session::new();
    assert_eq!(thrown(empty.machine()).0, "machine");
    let machines = [
        ("7", "machine"),
        ("null", "machine"),
        (r#"{"preset":1}"#, "preset"),
        (r#"{"preset":"toaster"}"#, "preset"),
        (r#"{"nodes":"two"}"#, "nodes"),
        (r#"{"nodes":[]}"#, "nodes"),
        (r#"{"nodes":[{"mib":64,"cpus":1},3]}"#, "nodes[1]"),
        (r#"{"nodes":[{"mib":"many","cpus":1}]}"#, "nodes[0].mib"),
        (r#"{"nodes":[{"mib":64,"cpus":1.5}]}"#, "nodes[0].cpus"),
        (r#"{"preset":"two-node","distances":[[10,9],[20,10]]}"#, "distances[0][1]"),
        (r#"{"preset":"tiny","cmdline":"cma=x"}"#, "cmdline"),
        (r#"{"preset":"tiny","seed":-1}"#, "seed"),
    ];
    let mut session = session(r#"{"preset":"tiny"}"#);
    let before = ok(session.hash());
    for (form, name) in machines {
        assert_eq!(thrown(session.boot(js(form))).0, name, "{form}");
    }
    let requests = [
        ("[]", "gfp"),
        (r#"{"gfp":17}"#, "gfp"),
        (r#"{"gfp":"GFP_KERNAL"}"#, "gfp"),
        (r#"{"gfp":"GFP_KERNEL","order":"eleven"}"#, "order"),
        (r#"{"gfp":"GFP_KERNEL","order":11}"#, "order"),
        (r#"{"gfp":"GFP_KERNEL","cpu":1}"#, "cpu"),
        (r#"{"gfp":"GFP_KERNEL","policy":"bind:3"}"#, "policy"),
        (r#"{"gfp":"GFP_KERNEL","count":1e9}"#, "count"),
        (r#"{"gfp":"GFP_KERNEL","context":"office"}"#, "context"),
        (r#"{"gfp":"GFP_KERNEL","taskFlags":"rt"}"#, "taskFlags"),
        (r#"{"gfp":"GFP_KERNEL","taskFlags":["PF_SAD"]}"#, "taskFlags"),
    ];
    for (form, name) in requests {
        assert_eq!(thrown(session.allocate(js(form))).0, name, "{form}");
    }
    assert_eq!(thrown(session.free(f64::NAN)).0, "id");
    assert_eq!(thrown(session.free_newest()).0, "id");
    assert_eq!(thrown(session.free_pfn(1e300, 0.0)).0, "pfn");
    assert_eq!(thrown(session.free_areas(2.0)).0, "zone");
    assert_eq!(thrown(session.page(-1.0)).0, "pfn");
    assert_eq!(thrown(session.set_sysctl("swappiness", "201")).0, "swappiness");
    assert_eq!(thrown(session.set_sysctl("overcommit_memory", "1")).0, "overcommit_memory");
    assert!(thrown(session.gfp("0xcc0 |")).1.contains("character"));
    assert_eq!(ok(session.hash()), before);
}

#[wasm_bindgen_test]
fn answers_have_the_declared_shape() {
    let mut session = session(r#"{"preset":"two-node"}"#);
    let machine = ok(session.machine());
    assert_eq!(text(&field(&machine, "title")), r#""Two sockets, 8 GiB""#);
    assert_eq!(field(&field(&machine, "sysctls"), "watermark_scale_factor").as_string().as_deref(), Some("10"));
    let nodes: Array = field(&machine, "nodes").unchecked_into();
    let zones: Array = field(&nodes.get(0), "zones").unchecked_into();
    assert_eq!((nodes.length(), zones.length(), number(&zones.get(2), "id")), (2, 3, 2.0));
    let made: Array = ok(session.allocate(js(r#"{"gfp":"GFP_KERNEL","order":"2","count":2}"#))).unchecked_into();
    let first = made.get(0);
    assert_eq!((made.length(), number(&first, "id"), number(&first, "order")), (2, 1.0, 2.0));
    let why = ok(session.why(1.0));
    let steps: Array = field(&why, "steps").unchecked_into();
    assert!(field(&why, "ok").is_truthy() && steps.length() > 3);
    assert_eq!(text(&field(&steps.get(0), "fn")), r#""__alloc_pages_nodemask""#);
    let freed = ok(session.free(1.0));
    assert!(field(&freed, "freed").is_truthy() && field(&freed, "pfn").is_undefined());
    assert!(text(&ok(session.why_free(1.0))).contains("free"));
    let presets: Array = ok(session.presets()).unchecked_into();
    assert!(presets.iter().all(|preset| field(&field(&preset, "form"), "nodes").is_object()));
}
