import { expect } from 'vitest';
import type { Reader } from './reader.fixture.ts';

/** The command is there and says what it has to say. `ends`: how it must end; default: as it likes, but not as a wrong call does. */
export async function works(reader: Reader, command: string, ends?: number): Promise<void> {
  const { code, output } = await reader.run(command);
  const allowed = ends === undefined ? [0, 1, ...(command.startsWith('curl') ? [22] : [])] : [ends];
  expect([command, output, code]).toEqual([command, output, expect.toBeOneOf(allowed)]);
  expect(output).not.toMatch(/Something unexpected|unexpected error/i);
}

/** The command says that nothing is wrong. */
export async function endsWell(reader: Reader, command: string): Promise<void> {
  const { code, output } = await reader.run(command);
  expect([command, output, code]).toEqual([command, output, 0]);
}
