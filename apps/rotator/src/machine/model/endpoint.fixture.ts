import type { EndpointRow } from '@rcm/db';
import { SECRET_ARN } from './database.fixture.ts';

export const SETTLE_MS = 2_000;
export const WINDOW_MS = 60_000;
/** The portal locks after four: two failures are ours, one is a person's, and none is to be the last. */
export const THRESHOLD = 4;
export const BUDGET = 2;

/** The row that `getEndpoint` answers. */
export const MODEL_ENDPOINT: EndpointRow = {
  id: 'login-one',
  orgId: 'org-one',
  portalTypeCode: 'model',
  accountId: 'account-one',
  baseUrl: 'https://portal.test',
  secretArn: SECRET_ARN,
  currentVersion: '1',
  loginIdentity: 'identity',
  rotationStatus: 'active',
  lastRotatedAt: null,
  nextRotationAt: null,
  hasLegacyCredentials: false,
  portalType: {
    code: 'model',
    name: 'Model',
    hosts: ['portal.test'],
    driver: 'recipe',
    recipe: {},
    passwordRules: 'minlength: 12; required: lower; required: upper; required: digit;',
    rotationMode: 'automatic',
    rotationIntervalDays: 60,
    rotationSpreadDays: 0,
    lockoutThreshold: THRESHOLD,
    lockoutMargin: 2,
    lockoutWindowSeconds: WINDOW_MS / 1000,
    maxTaskConcurrency: null,
    settleMs: SETTLE_MS,
    totpSkew: 0,
    totpPeriodSeconds: 30,
    maxSessionsPerAccount: 1,
    maxConcurrency: 8,
    maintenanceWindows: [],
    maintenanceTimeZone: 'UTC',
    passwordExpiresDays: null,
    expiryHeadStartDays: 7,
  },
};
