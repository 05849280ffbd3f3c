/** Browser contexts at once: four a core of the smallest machine. */
export const AT_ONCE = 8;

/** Works on all of them, so many at once, and fails with the first that fails. */
export async function eachAtOnce<T>(all: readonly T[], atOnce: number, work: (one: T) => Promise<void>): Promise<void> {
  const waiting = [...all];
  const hand = async (): Promise<void> => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) await work(one);
  };
  await Promise.all(Array.from({ length: atOnce }, hand));
}
