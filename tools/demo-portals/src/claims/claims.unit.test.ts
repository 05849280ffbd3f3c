import { describe, expect, test } from 'vitest';
import { CLAIMS_PER_ACCOUNT, claimsOf, formatAmount, formatUsDate, searchClaims } from './claims.ts';

const ANNA = { portal: 'alpine', username: 'anna' } as const;

describe('demo claims', () => {
  test('never change, and differ between accounts and portals', () => {
    expect(claimsOf(ANNA)).toEqual(claimsOf({ ...ANNA }));
    expect(claimsOf(ANNA)).not.toEqual(claimsOf({ ...ANNA, username: 'bert' }));
    expect(claimsOf(ANNA)).not.toEqual(claimsOf({ ...ANNA, portal: 'cascade' }));
    expect(claimsOf(ANNA)[0]).toMatchInlineSnapshot(`
      {
        "amountCents": 214755,
        "decidedDate": null,
        "number": "CLM-1001",
        "receivedDate": "2025-01-11",
        "serviceDate": "2025-01-07",
        "status": "Pending information",
      }
    `);
  });

  test('follow the order of things: service, receipt, decision', () => {
    for (const { serviceDate, receivedDate, decidedDate, status } of claimsOf(ANNA)) {
      expect(serviceDate < receivedDate).toBe(true);
      expect(decidedDate === null).toBe(['Received', 'In review', 'Pending information'].includes(status));
      if (decidedDate !== null) expect(receivedDate < decidedDate).toBe(true);
    }
  });

  test('are found by the beginning of their number, whatever its case', () => {
    expect(searchClaims(ANNA, ' clm-1003 ').map((claim) => claim.number)).toEqual(['CLM-1003']);
    expect(searchClaims(ANNA, 'CLM-101')).toHaveLength(10);
    expect(searchClaims(ANNA, '')).toHaveLength(CLAIMS_PER_ACCOUNT);
    expect(searchClaims(ANNA, 'CLM-9999')).toEqual([]);
  });
});

test('amounts and dates are written as American portals do', () => {
  expect([formatAmount(1_234_560), formatAmount(4_500), formatUsDate('2025-01-31')]).toEqual(['12,345.60', '45.00', '01/31/2025']);
});
