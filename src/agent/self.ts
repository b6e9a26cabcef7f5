import type { MachineIdentity } from "../model/machine.ts";
import type { Member, MemberTraits } from "../model/member.ts";
import type { Session } from "./session.ts";

export interface SelfDeps {
  readonly session: Session;
  readonly identity: MachineIdentity;
  /** What this agent is like at present. */
  readonly traits: () => MemberTraits;
}

/** This agent as a member; the same object while it is like before. */
export function createSelf({ session, identity, traits }: SelfDeps): () => Member {
  const { serial, session: id } = session.lease;
  const { machineId, hostname } = identity;
  let self: Member | undefined;
  return () => {
    const { labels, isDraining } = traits();
    if (self === undefined || self.labels !== labels || self.isDraining !== isDraining)
      self = { serial, session: id, machineId, hostname, labels, isDraining };
    return self;
  };
}
