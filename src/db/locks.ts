/**
 * The advisory locks of PostgreSQL that this program takes, in one table: two uses of one number would wait for each
 * other without a reason. `test/contracts/locks.test.ts` holds them apart, those in the migrations too.
 */
export const LOCKS = {
  migrations: 731_700,
  /** Rows of the inbox get their numbers in the order of their commits. */
  inbox: 731_701,
  firstWorkspace: 731_702,
  claimImport: 731_703,
  /** Shared by each batch, exclusive to move the epoch; also in `held_epoch()` of migration 0004. */
  epoch: 731_704,
  claimBuild: 731_705,
  /** With the workspace as second key. */
  encryptionKey: 731_706,
  lifetimeFit: 731_741,
  needs: 731_742,
  definitions: 731_740,
} as const;
