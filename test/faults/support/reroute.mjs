// Loaded into an agent with --import: its connections to a mongod's port go to the link that stands for it. The agent,
// its driver and the replica set's configuration stay as they are, so each agent can have links of its own.
import { Socket } from "node:net";

const links = new Map(Object.entries(JSON.parse(process.env["FAULT_LINKS"] ?? "{}")));
const connect = Socket.prototype.connect;

Socket.prototype.connect = function rerouted(...args) {
  // Node hands its own calls on as one array of options and callback.
  const options = Array.isArray(args[0]) ? args[0][0] : args[0];
  const link = links.get(String(options?.port));
  if (link !== undefined) options.port = link;
  return connect.apply(this, args);
};
