import { DryMongoBinary } from "mongodb-memory-server-core/lib/util/DryMongoBinary.js";
import { MongoBinaryDownload } from "mongodb-memory-server-core/lib/util/MongoBinaryDownload.js";
import type { Progress } from "./mongod-source.ts";

type DownloadOptions = ConstructorParameters<typeof MongoBinaryDownload>[0];
type DownloadArgs = Parameters<MongoBinaryDownload["httpDownload"]>;

/** Loaded only when it is used: the package behind it is large. Downloads into the folder and returns the program's path. */
export async function downloadOfficial(version: string, folder: string, progress: Progress): Promise<string> {
  // Finds out which system this is: there is another archive for each.
  const options = await DryMongoBinary.generateOptions({ version, downloadDir: folder });
  return new OfficialDownload({ ...options, version, downloadDir: folder, checkMD5: true }, progress).getMongodPath();
}

class OfficialDownload extends MongoBinaryDownload {
  readonly #progress: Progress;
  #tenthsSaid = 0;

  constructor(options: DownloadOptions, progress: Progress) {
    super(options);
    this.#progress = progress;
  }

  /** The package checks certificates only when npm's environment says so, and what arrives here is run. */
  override httpDownload(...[url, options, ...rest]: DownloadArgs): Promise<string> {
    return super.httpDownload(url, { ...options, rejectUnauthorized: true }, ...rest);
  }

  /** The package would print to stdout, where our data goes. */
  override printDownloadProgress(chunk: { length: number }): void {
    this.dlProgress.current += chunk.length;
    const tenths = Math.floor((10 * this.dlProgress.current) / this.dlProgress.length);
    if (tenths <= this.#tenthsSaid) return;
    this.#tenthsSaid = tenths;
    this.#progress(`downloaded ${tenths * 10} % of ${this.dlProgress.totalMb} MB`);
  }
}
