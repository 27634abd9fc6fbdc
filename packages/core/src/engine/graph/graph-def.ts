import { PbfWriter } from 'pbf';
import type { OpAttribute } from '../kernels/tensorflow-backend.js';

/** A node of a TensorFlow graph. Inputs are outputs of other nodes, as `name:index`. */
export interface NodeDef {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly string[];
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

/** The value of an attribute. Types are TensorFlow's numbers (1 float, 3 int32, 9 int64, 10 bool). */
export type AttributeValue =
  | { readonly type: number }
  | { readonly shape: readonly number[] }
  | {
      readonly tensor: {
        readonly dtype: number;
        readonly shape: readonly number[];
        readonly bytes: Uint8Array;
      };
    }
  | { readonly given: OpAttribute };

/** The graph version of TensorFlow 2.9, the release in a stock tfjs-node. */
const PRODUCER = 1087;

/**
 * The content of `saved_model.pb` for one graph without variables or signatures. A stock tfjs-node can load it
 * and run it by node names.
 *
 * @see tensorflow/core: protobuf/{saved_model,meta_graph}.proto, framework/{graph,node_def,attr_value,tensor}.proto
 */
export function savedModelBytes(nodes: readonly NodeDef[]): Uint8Array {
  const pbf = new PbfWriter();
  const message = (field: number, fill: () => void): void => {
    pbf.writeMessage(field, fill, undefined);
  };
  const shape = (field: number, sizes: readonly number[]): void => {
    message(field, () => {
      for (const size of sizes)
        message(2, () => {
          pbf.writeVarintField(1, size);
        });
    });
  };
  /** The binding's attribute types (`TF_ATTR_…`): 0 string, 1 integer, 2 float, 3 boolean, 4 type, 5 shape. */
  const given = ({ type, value }: OpAttribute): void => {
    const one = (entry: unknown): void => {
      if (type === 0) pbf.writeStringField(2, entry as string);
      else if (type === 1) pbf.writeVarintField(3, entry as number);
      else if (type === 2) pbf.writeFloatField(4, entry as number);
      else if (type === 3) pbf.writeBooleanField(5, entry as boolean);
      else pbf.writeVarintField(6, entry as number);
    };
    if (type === 5) shape(7, value as unknown as number[]);
    else if (Array.isArray(value))
      message(1, () => {
        (value as unknown[]).forEach(one);
      });
    else one(value);
  };
  const attribute = (value: AttributeValue): void => {
    if ('type' in value) pbf.writeVarintField(6, value.type);
    else if ('shape' in value) shape(7, value.shape);
    else if ('given' in value) given(value.given);
    else {
      const { tensor } = value;
      message(8, () => {
        pbf.writeVarintField(1, tensor.dtype);
        shape(2, tensor.shape);
        pbf.writeBytesField(4, tensor.bytes);
      });
    }
  };
  const node = ({ name, op, inputs, attributes }: NodeDef): void => {
    pbf.writeStringField(1, name);
    pbf.writeStringField(2, op);
    for (const input of inputs) pbf.writeStringField(3, input);
    for (const [key, value] of Object.entries(attributes)) {
      message(5, () => {
        pbf.writeStringField(1, key);
        message(2, () => {
          attribute(value);
        });
      });
    }
  };
  pbf.writeVarintField(1, 1);
  message(2, () => {
    message(1, () => {
      pbf.writeStringField(4, 'serve');
      pbf.writeStringField(5, '2.9.0');
    });
    message(2, () => {
      for (const each of nodes)
        message(1, () => {
          node(each);
        });
      message(4, () => {
        pbf.writeVarintField(1, PRODUCER);
      });
    });
  });
  return pbf.finish();
}
