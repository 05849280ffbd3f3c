import { describeCrashes } from './contract/crashes.fixture.ts';
import { describeFinalActs } from './contract/final-acts.fixture.ts';
import { describeRaces } from './contract/races.fixture.ts';
import { describeReadingAndWriting } from './contract/reading-and-writing.fixture.ts';
import { describeRehearsal } from './contract/rehearsal.fixture.ts';
import { describeStaging } from './contract/staging.fixture.ts';
import { describeStoppedWriters } from './contract/stopped-writers.fixture.ts';
import type { StoreUnderTest } from './contract/store-under-test.fixture.ts';

/** What every store promises. A new store is done when it passes this. */
export function describeStoreContract(store: StoreUnderTest): void {
  describeStoreCalls(store);
  describeStoppedWriters(store);
}

/** The same without the walks over every pair of calls: each kind of call is made, which is what a policy has to allow. */
export function describeStoreCalls(store: StoreUnderTest): void {
  describeReadingAndWriting(store);
  describeStaging(store);
  describeCrashes(store);
  describeRaces(store);
  describeFinalActs(store);
  describeRehearsal(store);
}
