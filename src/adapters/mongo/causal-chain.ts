import type { ClientSession, ClusterTime, Timestamp } from "mongodb";

/**
 * Makes the operations of one agent one causally consistent sequence although each has a session of its own, so that
 * they can be under way side by side: a session that joins knows what every session before it has seen.
 * A standalone mongod tells no times; then nothing is passed on, and nothing needs to be.
 */
export interface CausalChain {
  join(session: ClientSession): void;
  merge(session: ClientSession): void;
}

export function createCausalChain(): CausalChain {
  let operationTime: Timestamp | undefined;
  let clusterTime: ClusterTime | undefined;
  return {
    join(session) {
      if (clusterTime !== undefined) session.advanceClusterTime(clusterTime);
      if (operationTime !== undefined) session.advanceOperationTime(operationTime);
    },
    merge(session) {
      const operation = session.operationTime;
      if (operation !== undefined && (operationTime === undefined || operation.greaterThan(operationTime)))
        operationTime = operation;
      const cluster = session.clusterTime;
      if (
        cluster !== undefined &&
        (clusterTime === undefined || cluster.clusterTime.greaterThan(clusterTime.clusterTime))
      )
        clusterTime = cluster;
    },
  };
}
