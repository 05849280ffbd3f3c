import type { OutsideKind } from '@rcm/db/migration';
import { OUTSIDE } from '@rcm/fleet';

/** For people. */
export const outsideLines = (kinds: readonly OutsideKind[]): string[] =>
  kinds.map((kind) => `  still outside: ${OUTSIDE[kind].what}. ${OUTSIDE[kind].how}. Then: dealt-with ${kind} --reason "…"`);
