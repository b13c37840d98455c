/** The report's style sheet: system fonts, light and dark, narrow and wide, screen and paper. */
export const pageStyle = `
:root{--text:#1d2530;--muted:#5c6672;--line:#dfe3e8;--page:#fbfbfa;--card:#fff;--accent:#0072b2;--tint:#e8f2f8;--warm:#fdf5ea;--warm-line:#e69f00;--yes:#00734f;--no:#b34700;--series:#0072b2}
@media (prefers-color-scheme:dark){:root{--text:#e4e7eb;--muted:#a3adb8;--line:#333a43;--page:#14171b;--card:#1b1f25;--accent:#6bbdf0;--tint:#1c2f3d;--warm:#2a2418;--warm-line:#c98b00;--yes:#45c79b;--no:#f0915c;--series:#56b4e9}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;-webkit-text-size-adjust:100%}
header,main{max-width:1120px;margin:0 auto;padding:0 24px}
header{padding-top:40px}
h1{font-size:clamp(1.6rem,4vw,2.3rem);line-height:1.2;margin:.1em 0 .3em;letter-spacing:-.015em;overflow-wrap:anywhere}
h2{font-size:1.25rem;margin:0 0 .4em;letter-spacing:-.01em}
h3{font-size:1rem;margin:1.2em 0 .3em}
.kicker{margin:0;color:var(--accent);font-size:.85rem;font-weight:600}
.lead{margin:.2em 0 1em;font-size:1.05rem;overflow-wrap:anywhere}
.caution{margin:0;padding:12px 16px;background:var(--warm);border-left:3px solid var(--warm-line);border-radius:4px;max-width:75ch}
section{margin:32px 0;padding:24px;background:var(--card);border:1px solid var(--line);border-radius:10px}
section>p,dl{max-width:75ch}
.hint,figcaption,small{color:var(--muted);font-size:.85rem}
.hint{margin:0 0 12px}
.scroll{overflow:auto;max-height:460px;border-top:1px solid var(--line)}
table{border-collapse:collapse;width:100%;font-size:.92rem;white-space:nowrap}
th,td{padding:7px 10px;text-align:center;border-bottom:1px solid var(--line);font-weight:400}
thead{position:sticky;top:0;background:var(--card);z-index:1;box-shadow:0 1px 0 var(--line)}
thead th{color:var(--muted);font-size:.82rem;line-height:1.25;padding:6px 10px;vertical-align:bottom;border-bottom:0}
.text{text-align:left}tbody .text{font-weight:600}
.number{text-align:right;font-variant-numeric:tabular-nums}
.yes{color:var(--yes)}.no{color:var(--no)}
tbody tr[data-index]{cursor:pointer}
tbody tr[data-index]:hover{background:color-mix(in srgb,var(--tint) 55%,transparent)}
tbody tr.selected,tbody tr.selected:hover{background:var(--tint)}
.choose{font:inherit;font-variant-numeric:tabular-nums;min-width:2.2em;padding:1px 6px;color:inherit;background:none;border:1px solid var(--line);border-radius:999px;cursor:pointer}
.choose[aria-pressed=true]{background:var(--accent);border-color:var(--accent);color:var(--card)}
a{color:var(--accent)}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.details{display:grid;grid-template-columns:minmax(0,1.7fr) minmax(0,1fr);gap:24px;align-items:start}
figure{margin:0;min-width:0}
figcaption{margin-top:8px}
#chart{overflow-x:auto;min-height:200px}#chart svg{max-width:100%;height:auto}
.scene{position:relative;width:100%;height:380px;border:1px solid var(--line);border-radius:8px;overflow:hidden;cursor:grab}
.scene p{margin:0;padding:24px;color:var(--muted)}
.swatch{display:inline-block;width:.8em;height:.8em;border-radius:50%;border:1px solid var(--muted);margin:0 .3em 0 .6em;vertical-align:-.05em}
.gallery{display:grid;grid-template-columns:repeat(8,minmax(0,1fr));gap:10px;margin-top:20px}
.gallery:empty{display:none}
.gallery button{font:inherit;font-size:.85rem;color:inherit;background:none;border:1px solid var(--line);border-radius:8px;padding:6px;cursor:pointer;min-width:0}
.gallery button[aria-pressed=true]{border-color:var(--accent);box-shadow:0 0 0 1px var(--accent);background:var(--tint)}
.gallery img{display:block;width:100%;height:auto;aspect-ratio:4/3;object-fit:contain}
dl{margin:0}.meanings{max-width:none;display:grid;grid-template-columns:repeat(auto-fit,minmax(min(24em,100%),1fr));gap:4px 32px}dt{font-weight:600;margin-top:.7em}dd{margin:0;overflow-wrap:anywhere}
.settings{max-width:none;display:grid;grid-template-columns:repeat(auto-fill,minmax(200px,1fr));gap:4px 24px}
.settings dt{font-weight:400;font-size:.85rem;color:var(--muted)}
pre{margin:0;padding:12px 16px;background:var(--page);border:1px solid var(--line);border-radius:6px;white-space:pre-wrap;overflow-wrap:anywhere;font:.88rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
@media (max-width:820px){header,main{padding:0 14px}header{padding-top:24px}section{padding:16px 14px;margin:20px 0}.details{grid-template-columns:minmax(0,1fr)}.scene{height:320px}.gallery{grid-template-columns:repeat(4,minmax(0,1fr))}}
@media print{:root{--text:#000;--muted:#444;--page:#fff;--card:#fff;--line:#ccc;--tint:#eee;--accent:#00507d}body{font-size:10.5pt}section{border:0;padding:0;margin:18px 0;break-inside:auto}.scroll{max-height:none;overflow:visible}thead{position:static}table{white-space:normal;font-size:9pt}th,td{padding:3px 5px}tr,figure,pre{break-inside:avoid}.hint,#chart+figcaption{display:none}.details{grid-template-columns:1.7fr 1fr}}
`;
