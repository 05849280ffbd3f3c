import { describe } from 'vitest';
import { awsStore } from './contract/aws-store.fixture.ts';
import { describeStoreContract } from './contract.fixture.ts';

describe('SSM Parameter Store', () => {
  describeStoreContract(awsStore('ssm'));
});
