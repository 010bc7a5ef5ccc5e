use vss_codegen::*;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let input = |s: &String| source::Input::Path(s.into());
    let mut r = Request::default();
    let mut out = String::new();
    let mut i = 1;
    while i < a.len() {
        match a[i].as_str() {
            "-u" => {
                i += 1;
                r.units.push(input(&a[i]))
            }
            "-q" => {
                i += 1;
                r.quantities.push(input(&a[i]))
            }
            "-t" => {
                i += 1;
                r.types.push(input(&a[i]))
            }
            "-o" => {
                i += 1;
                out = a[i].clone()
            }
            _ => r.model = Some(input(&a[i])),
        }
        i += 1;
    }
    let t = std::time::Instant::now();
    let (c, d) = compile(&r, &source::HostLoader::default());
    for d in d {
        eprintln!("{}", d.render(false));
    }
    let c = c.unwrap();
    let t2 = std::time::Instant::now();
    let f = generate(&c, Target::Python, &Templates::embedded()).unwrap();
    eprintln!(
        "compile {:?} generate {:?} {} files {} bytes",
        t2 - t,
        t2.elapsed(),
        f.len(),
        f.iter().map(|f| f.contents.len()).sum::<usize>()
    );
    let m = target::manifest::manifest(&c);
    std::fs::write(format!("{}.json", out), serde_json::to_string(&m).unwrap()).unwrap();
    for g in f {
        let p = std::path::Path::new(&out).join(g.path);
        std::fs::create_dir_all(p.parent().unwrap()).unwrap();
        std::fs::write(p, g.contents).unwrap();
    }
}
