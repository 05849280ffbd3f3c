import { describe, expect, it } from 'vitest';
import { metric } from '../metrics/catalogue.ts';
import { alarm, alarmNames } from './alarms.ts';

describe.each(alarmNames)('%s', (name) => {
  const { metric: of, above, says } = alarm(name);
  it('looks at what can be looked at: the first count is an increase, and a band is one of a counter', () => {
    const { kind, labels = {} } = metric(of);
    if (kind === 'counter') expect(Object.values(labels)).not.toContain('any');
    if (above === 'its band') expect(kind).toBe('counter');
  });
  it('says in a sentence what it means', () => expect(says).toMatch(/^[A-Z].{20,}\.$/));
});
