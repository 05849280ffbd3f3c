/** Milliseconds of a `--deadline <seconds>`, which is a whole number of them: a word of another kind does not come here. */
export const secondsOf = (text: string): number => Number(text) * 1_000;
