import { isLongForm } from '@rcm/test-services';
import { it } from 'vitest';

/** A test of the long form alone: on a change others walk the same acts (docs/tests.md says which). There it is not skipped, it is not there. */
export function itInLongForm(title: string, test: () => Promise<void>): void {
  if (isLongForm()) it(title, test);
}
