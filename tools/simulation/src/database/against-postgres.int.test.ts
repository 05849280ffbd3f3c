import { describe, test } from 'vitest';
import { backend, isLongForm } from '@rcm/test-services';
import { Random } from '../time/random.ts';
import { askByOtherClocks, askUnanswered } from './ask-leases-and-logins.fixture.ts';
import { askRefusedCopy } from './ask-refused-copy.fixture.ts';
import { BothDatabases, identityOf, type Place } from './both-databases.fixture.ts';
import { HOLDERS, portalType } from './drawn.fixture.ts';
import { Round } from './round.fixture.ts';
import { takeStep } from './step.fixture.ts';

describe.skipIf(backend() === 'containers')('the same random operations, on the model and on Postgres', () => {
  const seeds = Number(process.env.RCM_SIMULATION_DATABASE_ROUNDS ?? (isLongForm() ? 4 : 2));

  test.each(Array.from({ length: seeds }, (_, number) => number))('round %i', async (number) => {
    const seed = `database ${number}`;
    const random = new Random(seed);
    const both = await BothDatabases.open(seed);
    try {
      const codes = ['north', 'south'];
      const realm = random.pick(['realm', 'realm', null]);
      for (const code of codes) await both.addPortalType(portalType(code, random, realm));
      const at = (orgId: string, endpointId: string, login: string, portalTypeCode: string, secret = endpointId): Place => {
        const secretArn = `arn:aws:${random.chance(0.5) ? 'ssm' : 'secretsmanager'}:us-east-1:123456789012:`;
        const path = `rcm/test/${orgId}/endpoints/${secret}/account`;
        return {
          orgId,
          endpointId,
          loginIdentity: identityOf(login),
          portalTypeCode,
          secretArn: secretArn.includes('ssm') ? `${secretArn}parameter/${path}` : `${secretArn}secret:${path}-AbCdEf`,
        };
      };
      const first = at('org-one', 'one', 'login one', 'north');
      const second = at('org-two', 'two', 'login two', 'north');
      const places = [first, { ...at('org-one', 'twin', 'login one', 'south'), secretArn: first.secretArn }, second];
      if (random.chance(0.4)) places.push(at('org-two', 'shared', 'login one', 'south'));
      for (const place of places) await both.addEndpoint(place, `${place.portalTypeCode}.example`);
      const round = new Round(both, random, places, random.chance(0.3));
      for (const holder of HOLDERS) await askUnanswered(round, first, holder);
      await askByOtherClocks(round, second, 'one');
      await askRefusedCopy(round, second, 'one');
      for (let step = 0; step < 160; step += 1) await takeStep(round, step < 60);
    } finally {
      await both.close();
    }
  });
});
