import { expect, it } from 'vitest';
import { synthesised } from './synthesised.fixture.ts';

it('a deployment does not say how many tasks there are of what scaling moves: it would send away those that work', () => {
  const made = synthesised();
  const scaled = made.ofType('AWS::ApplicationAutoScaling::ScalableTarget').map(({ Properties }) => String(Properties.ResourceId).split('/').at(-1));
  expect(new Set(scaled)).toEqual(new Set(['web-agent']));
  const services = made.ofType('AWS::ECS::Service').map(({ Properties }) => [String(Properties.ServiceName), Properties.DesiredCount as number | undefined]);
  for (const [name, tasks] of services) expect([name, tasks !== undefined]).toEqual([name, !scaled.includes(String(name))]);
});
