/** For whoever has the page read out. */
export const SEEN_ONLY_BY_READERS = 'position:absolute;width:1px;height:1px;overflow:hidden;clip:rect(0,0,0,0)';

/** Ways in which a page holds an X that nobody sees. */
export const UNSEEN = [
  ['not drawn', '<span style="display:none">X</span>'],
  ['hidden', '<span hidden>X</span>'],
  ['invisible', '<span style="visibility:hidden">X</span>'],
  ['transparent', '<span style="opacity:0">X</span>'],
  ['of no colour', '<span style="color:transparent">X</span>'],
  ['of no height', '<span style="font-size:0">X</span>'],
  ['cut to nothing', `<span style="${SEEN_ONLY_BY_READERS}">X</span>`],
  ['cut to nothing by a path', '<span style="position:absolute;clip-path:inset(50%)">X</span>'],
  ['cut to nothing from one side', '<span style="position:absolute;clip-path:inset(0 100% 0 0)">X</span>'],
  ['cut to a path without an inside', '<span style="position:absolute;clip-path:polygon(0 0,0 0,0 0)">X</span>'],
  ['shrunk to nothing', '<span style="position:absolute;transform:scale(0)">X</span>'],
  ['made transparent by a filter', '<span style="filter:opacity(0)">X</span>'],
  ['too faint to see', '<span style="opacity:0.01">X</span>'],
  ['of the colour of the page', '<span style="color:#fff">X</span>'],
  ['of the colour of what is behind it', '<span style="background:#036;color:#036">X</span>'],
  ['moved out of its box', '<span style="display:inline-block;width:16px;overflow:hidden;white-space:nowrap;text-indent:-999px">X</span>'],
  ['there for browsers that draw no bar', '<progress style="width:1px">X</progress>'],
  ['a mark for where a word may be broken', '&#8203;&shy;'],
  ['beside the page', '<span style="position:absolute;left:-9999px">X</span>'],
  ['in a box without height', '<div style="height:0;overflow:hidden">X</div>'],
  ['kept from being drawn', '<div style="content-visibility:hidden">X</div>'],
  ['folded away', '<details><summary></summary>X</details>'],
  ['a script', '<script type="text/x">X</script>'],
  ['a template', '<template>X</template>'],
  ['a key for sorting', '<span class="sort-key" style="display:none">20260103</span>'],
] as const;
