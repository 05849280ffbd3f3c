import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sessionName } from './session-name.ts';

it('names the process that asked, with what tells processes apart at either end', () => {
  expect(sessionName('web-agent@ip-10-0-0-1:4711', 'hospital-one')).toBe('web-agent@ip-10-0-0-1-4711');
  expect(sessionName(`rotator@${'h'.repeat(80)}:4711`, 'hospital-one')).toMatch(/^rotator@h{12}-h+-4711$/);
  expect(sessionName(undefined, 'hospital-one')).toBe('rcm-hospital-one');
});

it('is what STS takes, whatever a host is called', () => {
  fc.assert(fc.property(fc.string(), (name) => /^[\w+=,.@-]{2,64}$/.test(sessionName(name, 'org'))));
});
