/** An ObjectId as its 24 hexadecimal digits, so that only the MongoDB adapter needs MongoDB's own type. */
export class ObjectIdHex {
  readonly hex: string;
  constructor(hex: string) {
    this.hex = hex;
  }
}
