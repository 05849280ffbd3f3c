import { SEEN_ONLY_BY_READERS } from './unseen-words.fixture.ts';

/** The same each time it runs. */
export function generator(seed: number): (most: number) => number {
  let state = Math.imul(seed, 2_654_435_761) >>> 0;
  return (most) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * most);
  };
}

/** A cell as some portal would write the amount, and whether a person could read it as that amount alone. */
export function cellFor(amount: string, pick: (most: number) => number): { readonly html: string; readonly readable: boolean } {
  const [whole = '', cents = ''] = amount.split('.');
  const other = String(1 + pick(900));
  const unseen = [
    `<span style="display:none">${other}</span>`,
    `<i style="${SEEN_ONLY_BY_READERS}">${other}</i>`,
    `<b hidden>${other}</b>`,
    `<span style="opacity:0">${other}</span>`,
  ];
  const clear = [
    `$${amount}`,
    `<b>$</b>${amount}`,
    `<span>$${whole}</span><span>.${cents}</span>`,
    `<div>$${amount}</div>`,
    `<input value="${amount}">`,
    `<a href="#x">$${amount}</a><!-- ${other} -->`,
  ];
  const broken = [
    `$${amount}<br>${other}`,
    `<div>$${amount}</div><div>${other}</div>`,
    `$${whole}<sup>${cents}</sup>`,
    `<span style="margin-right:40px">$${amount}</span><span>${other}</span>`,
  ];
  const readable = pick(4) > 0;
  const [forms, hidden] = [readable ? clear : broken, unseen[pick(unseen.length)] ?? ''];
  const shown = forms[pick(forms.length)] ?? '';
  return { html: [shown, `${hidden}${shown}`, `${shown}${hidden}`][pick(3)] ?? shown, readable };
}
