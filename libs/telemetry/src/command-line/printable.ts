/** A text that others have written steers no terminal, and is no line of its own: what is no printable character is shown as one. */
export const printable = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\u00b7');
