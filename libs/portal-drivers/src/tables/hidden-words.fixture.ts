/** Ways in which portals write words that nobody sees, around `X`. */
export const HIDDEN_WORDS: readonly [string, ...string[]] = [
  '<span style="display:none">X</span>',
  '<span hidden>X</span>',
  '<span style="visibility:hidden;position:absolute">X</span>',
  '<span style="opacity:0;position:absolute">X</span>',
  '<span style="color:transparent;position:absolute">X</span>',
  '<span style="font-size:0">X</span>',
  '<span style="position:absolute;width:1px;height:1px;overflow:hidden;clip:rect(0,0,0,0)">X</span>',
  '<span style="position:absolute;clip-path:inset(50%)">X</span>',
  '<span style="position:absolute;clip-path:inset(0 100% 0 0)">X</span>',
  '<span style="position:absolute;clip-path:polygon(0 0,0 0,0 0)">X</span>',
  '<span style="position:absolute;left:-9999px">X</span>',
  '<span style="position:absolute;transform:scale(0)">X</span>',
  '<span style="display:inline-block;width:0;height:0;overflow:hidden">X</span>',
  '<span style="display:inline-block;width:16px;text-indent:-9999px;overflow:hidden;white-space:nowrap">X</span>',
  '<span style="position:absolute;filter:opacity(0)">X</span>',
  '<span class="page-coloured">X</span>',
  '<div style="height:0;overflow:hidden">X</div>',
  '<details style="display:inline"><summary style="display:none"></summary>X</details>',
  '<script type="text/plain">X</script>',
  '<template>X</template>',
  '<noscript>X</noscript>',
  '<!-- X -->',
  '<select hidden><option>X</option></select>',
  '<input type="hidden" value="X">',
  '<progress style="width:1px">X</progress>',
  '<object style="width:1px;height:1px" hidden>X</object>',
];

/** What the pages' style sheet says. */
export const PAGE_STYLE = `
  body { background: #fff; color: #222; font: 14px sans-serif }
  td, th, [role=cell], [role=columnheader] { padding: 2px 8px; text-align: left }
  [role=row] { display: flex } [role=cell], [role=columnheader] { flex: 0 0 150px }
  .page-coloured { color: #fff; position: absolute }
  .minus::before { content: "-" } .dollar::before { content: "$" } .brackets::before { content: "(" } .brackets::after { content: ")" }
  .claim::before { content: "C-" } .unit::after { content: " EUR" } .cents::after { content: ".75" } .icon::before { content: "\\e001" }
  .empty::before { content: "" } .unshown::before { content: "9"; display: none } .unseen::after { content: "9"; visibility: hidden; position: absolute }`;
