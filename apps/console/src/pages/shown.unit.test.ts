import { expect, test } from 'vitest';
import { mustBeHarmless } from '../harmless.fixture.ts';
import { HOSTILE } from '../story.fixture.ts';
import { htmlOf } from '../web/markup.ts';
import { layout } from './layout.ts';
import { shownPage } from './shown.ts';

test('what a secret holds, and whoever asked and approved has written, is a text on the page that shows it once', () => {
  const all = { portal: HOSTILE, address: HOSTILE, reason: HOSTILE, approvedBy: `person:os:john says ${HOSTILE}`, rotation: HOSTILE };
  const shown = { ...all, login: 'north-7', until: '2031-03-05T12:00:00.000Z', fields: [[HOSTILE, HOSTILE]] as [string, string][] };
  const text = htmlOf(layout({ title: 'Shown once', visitor: null }, shownPage(shown, { path: '/o/north/logins/north-7', leavesMs: 120_000 })));
  mustBeHarmless({ text, status: 200, headers: new Headers() }, 'shown once');
  // Each of them, the value and its name among them.
  expect(text.split('&lt;script>alert(1)').length - 1).toBe(7);
});
