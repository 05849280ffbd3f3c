import { expect, it } from 'vitest';
import { InTurn } from './in-turn.ts';

const LIMIT = 2;
const idsOf = (text: string) => [...text].map((id) => ({ id }));

/** What several looks take of a list that nothing ever leaves, with room for so many each. */
async function taken(inTurn: InTurn<{ readonly id: string }>, list: string, looks: number, room = LIMIT): Promise<string> {
  let all = '';
  for (let look = 0; look < looks; look += 1) {
    let left = room;
    await inTurn.look(
      ({ after, limit }) =>
        Promise.resolve(
          idsOf(list)
            .filter(({ id }) => after === null || id > after)
            .slice(0, limit),
        ),
      ({ id }) => {
        left -= 1;
        if (left >= 0) all += id;
        return left >= 0;
      },
    );
  }
  return all;
}

it('comes to everything, though nothing leaves the list, and begins again', async () => {
  expect(await taken(new InTurn(LIMIT), 'abcde', 5)).toBe('abcdeabcd');
});

it('loses no look where everything fits one', async () => {
  expect(await taken(new InTurn(LIMIT), 'a', 3)).toBe('aaa');
});

it('goes on with the first for which there was no room', async () => {
  expect(await taken(new InTurn(LIMIT), 'abc', 4, 1)).toBe('abca');
});

it('finds what comes while it is on its way', async () => {
  const inTurn = new InTurn<{ readonly id: string }>(LIMIT);
  expect(await taken(inTurn, 'acd', 1)).toBe('ac');
  expect(await taken(inTurn, 'abcde', 3)).toBe('deab');
});
