fn main(){
  for p in std::env::args().skip(1) {
    let mut m = sla::source::SourceMap::default();
    let f = m.add(p.clone(), std::fs::read_to_string(&p).unwrap());
    let t=std::time::Instant::now();
    let (a, mut fs) = sla::syntax::parse(&m, f);
    println!("{p}: {} items {:?}", a.items.len(), t.elapsed());
    let (_m2, f2) = sla::check::check(&[a]); fs.extend(f2);
    for f in fs { let pl=m.place(f.span()); println!("{}:{}:{}: {} [{}]\n    help: {}", pl.file, pl.line, pl.column, f.message, f.code, f.help.unwrap_or_default()); }
  }
}
