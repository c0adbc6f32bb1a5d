import * as $protobuf from "protobufjs";
import Long = require("long");

/** Namespace relevo. */
export namespace relevo {

    /** Namespace v1. */
    namespace v1 {

        /**
         * Properties of a Frame.
         * @deprecated Use relevo.v1.Frame.$Properties instead.
         */
        interface IFrame extends relevo.v1.Frame.$Properties {
        }

        /** Represents a Frame. */
        class Frame {

            /**
             * Constructs a new Frame.
             * @param [properties] Properties to set
             */
            constructor(properties?: relevo.v1.Frame.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Frame hello. */
            hello?: (relevo.v1.Hello.$Properties|null);

            /** Frame refuse. */
            refuse?: (relevo.v1.Refuse.$Properties|null);

            /** Frame role. */
            role?: (relevo.v1.Role.$Properties|null);

            /** Frame start. */
            start?: (relevo.v1.Start.$Properties|null);

            /** Frame snapshotBegin. */
            snapshotBegin?: (relevo.v1.SnapshotBegin.$Properties|null);

            /** Frame snapshotChunk. */
            snapshotChunk?: (relevo.v1.SnapshotChunk.$Properties|null);

            /** Frame snapshotEnd. */
            snapshotEnd?: (relevo.v1.SnapshotEnd.$Properties|null);

            /** Frame delta. */
            delta?: (relevo.v1.Delta.$Properties|null);

            /** Frame ack. */
            ack?: (relevo.v1.Ack.$Properties|null);

            /** Frame digest. */
            digest?: (relevo.v1.Digest.$Properties|null);

            /** Frame resync. */
            resync?: (relevo.v1.Resync.$Properties|null);

            /** Frame ping. */
            ping?: (relevo.v1.Ping.$Properties|null);

            /** Frame pong. */
            pong?: (relevo.v1.Pong.$Properties|null);

            /** Frame general. */
            general?: (relevo.v1.General.$Properties|null);

            /** Frame body. */
            body?: ("hello"|"refuse"|"role"|"start"|"snapshotBegin"|"snapshotChunk"|"snapshotEnd"|"delta"|"ack"|"digest"|"resync"|"ping"|"pong"|"general");

            /**
             * Encodes the specified Frame message. Does not implicitly {@link relevo.v1.Frame.verify|verify} messages.
             * @param message Frame message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: relevo.v1.Frame.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Frame message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {relevo.v1.Frame & relevo.v1.Frame.$Shape} Frame
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): relevo.v1.Frame & relevo.v1.Frame.$Shape;
        }

        namespace Frame {

            /** Properties of a Frame. */
            interface $Properties {

                /** Frame hello */
                hello?: (relevo.v1.Hello.$Properties|null);

                /** Frame refuse */
                refuse?: (relevo.v1.Refuse.$Properties|null);

                /** Frame role */
                role?: (relevo.v1.Role.$Properties|null);

                /** Frame start */
                start?: (relevo.v1.Start.$Properties|null);

                /** Frame snapshotBegin */
                snapshotBegin?: (relevo.v1.SnapshotBegin.$Properties|null);

                /** Frame snapshotChunk */
                snapshotChunk?: (relevo.v1.SnapshotChunk.$Properties|null);

                /** Frame snapshotEnd */
                snapshotEnd?: (relevo.v1.SnapshotEnd.$Properties|null);

                /** Frame delta */
                delta?: (relevo.v1.Delta.$Properties|null);

                /** Frame ack */
                ack?: (relevo.v1.Ack.$Properties|null);

                /** Frame digest */
                digest?: (relevo.v1.Digest.$Properties|null);

                /** Frame resync */
                resync?: (relevo.v1.Resync.$Properties|null);

                /** Frame ping */
                ping?: (relevo.v1.Ping.$Properties|null);

                /** Frame pong */
                pong?: (relevo.v1.Pong.$Properties|null);

                /** Frame general */
                general?: (relevo.v1.General.$Properties|null);

                /** Frame body */
                body?: ("hello"|"refuse"|"role"|"start"|"snapshotBegin"|"snapshotChunk"|"snapshotEnd"|"delta"|"ack"|"digest"|"resync"|"ping"|"pong"|"general");

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Narrowed shape of a Frame. */
            type $Shape = {
              hello?: relevo.v1.Hello.$Shape|null;
              refuse?: relevo.v1.Refuse.$Shape|null;
              role?: relevo.v1.Role.$Shape|null;
              start?: relevo.v1.Start.$Shape|null;
              snapshotBegin?: relevo.v1.SnapshotBegin.$Shape|null;
              snapshotChunk?: relevo.v1.SnapshotChunk.$Shape|null;
              snapshotEnd?: relevo.v1.SnapshotEnd.$Shape|null;
              delta?: relevo.v1.Delta.$Shape|null;
              ack?: relevo.v1.Ack.$Shape|null;
              digest?: relevo.v1.Digest.$Shape|null;
              resync?: relevo.v1.Resync.$Shape|null;
              ping?: relevo.v1.Ping.$Shape|null;
              pong?: relevo.v1.Pong.$Shape|null;
              general?: relevo.v1.General.$Shape|null;
              $unknowns?: Uint8Array[];
            } & (
              ({ body?: undefined; hello?: null; refuse?: null; role?: null; start?: null; snapshotBegin?: null; snapshotChunk?: null; snapshotEnd?: null; delta?: null; ack?: null; digest?: null; resync?: null; ping?: null; pong?: null; general?: null }|{ body?: "hello"; hello: relevo.v1.Hello.$Shape; refuse?: null; role?: null; start?: null; snapshotBegin?: null; snapshotChunk?: null; snapshotEnd?: null; delta?: null; ack?: null; digest?: null; resync?: null; ping?: null; pong?: null; general?: null }|{ body?: "refuse"; hello?: null; refuse: relevo.v1.Refuse.$Shape; role?: null; start?: null; snapshotBegin?: null; snapshotChunk?: null; snapshotEnd?: null; delta?: null; ack?: null; digest?: null; resync?: null; ping?: null; pong?: null; general?: null }|{ body?: "role"; hello?: null; refuse?: null; role: relevo.v1.Role.$Shape; start?: null; snapshotBegin?: null; snapshotChunk?: null; snapshotEnd?: null; delta?: null; ack?: null; digest?: null; resync?: null; ping?: null; pong?: null; general?: null }|{ body?: "start"; hello?: null; refuse?: null; role?: null; start: relevo.v1.Start.$Shape; snapshotBegin?: null; snapshotChunk?: null; snapshotEnd?: null; delta?: null; ack?: null; digest?: null; resync?: null; ping?: null; pong?: null; general?: null }|{ body?: "snapshotBegin"; hello?: null; refuse?: null; role?: null; start?: null; snapshotBegin: relevo.v1.SnapshotBegin.$Shape; snapshotChunk?: null; snapshotEnd?: null; delta?: null; ack?: null; digest?: null; resync?: null; ping?: null; pong?: null; general?: null }|{ body?: "snapshotChunk"; hello?: null; refuse?: null; role?: null; start?: null; snapshotBegin?: null; snapshotChunk: relevo.v1.SnapshotChunk.$Shape; snapshotEnd?: null; delta?: null; ack?: null; digest?: null; resync?: null; ping?: null; pong?: null; general?: null }|{ body?: "snapshotEnd"; hello?: null; refuse?: null; role?: null; start?: null; snapshotBegin?: null; snapshotChunk?: null; snapshotEnd: relevo.v1.SnapshotEnd.$Shape; delta?: null; ack?: null; digest?: null; resync?: null; ping?: null; pong?: null; general?: null }|{ body?: "delta"; hello?: null; refuse?: null; role?: null; start?: null; snapshotBegin?: null; snapshotChunk?: null; snapshotEnd?: null; delta: relevo.v1.Delta.$Shape; ack?: null; digest?: null; resync?: null; ping?: null; pong?: null; general?: null }|{ body?: "ack"; hello?: null; refuse?: null; role?: null; start?: null; snapshotBegin?: null; snapshotChunk?: null; snapshotEnd?: null; delta?: null; ack: relevo.v1.Ack.$Shape; digest?: null; resync?: null; ping?: null; pong?: null; general?: null }|{ body?: "digest"; hello?: null; refuse?: null; role?: null; start?: null; snapshotBegin?: null; snapshotChunk?: null; snapshotEnd?: null; delta?: null; ack?: null; digest: relevo.v1.Digest.$Shape; resync?: null; ping?: null; pong?: null; general?: null }|{ body?: "resync"; hello?: null; refuse?: null; role?: null; start?: null; snapshotBegin?: null; snapshotChunk?: null; snapshotEnd?: null; delta?: null; ack?: null; digest?: null; resync: relevo.v1.Resync.$Shape; ping?: null; pong?: null; general?: null }|{ body?: "ping"; hello?: null; refuse?: null; role?: null; start?: null; snapshotBegin?: null; snapshotChunk?: null; snapshotEnd?: null; delta?: null; ack?: null; digest?: null; resync?: null; ping: relevo.v1.Ping.$Shape; pong?: null; general?: null }|{ body?: "pong"; hello?: null; refuse?: null; role?: null; start?: null; snapshotBegin?: null; snapshotChunk?: null; snapshotEnd?: null; delta?: null; ack?: null; digest?: null; resync?: null; ping?: null; pong: relevo.v1.Pong.$Shape; general?: null }|{ body?: "general"; hello?: null; refuse?: null; role?: null; start?: null; snapshotBegin?: null; snapshotChunk?: null; snapshotEnd?: null; delta?: null; ack?: null; digest?: null; resync?: null; ping?: null; pong?: null; general: relevo.v1.General.$Shape })
            );
        }

        /**
         * Properties of a Hello.
         * @deprecated Use relevo.v1.Hello.$Properties instead.
         */
        interface IHello extends relevo.v1.Hello.$Properties {
        }

        /** Represents a Hello. */
        class Hello {

            /**
             * Constructs a new Hello.
             * @param [properties] Properties to set
             */
            constructor(properties?: relevo.v1.Hello.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Hello versionMin. */
            versionMin: number;

            /** Hello versionMax. */
            versionMax: number;

            /** Hello software. */
            software: string;

            /** Hello cluster. */
            cluster: string;

            /** Hello node. */
            node: string;

            /** Hello session. */
            session: string;

            /** Hello maps. */
            maps: string[];

            /** Hello resume. */
            resume?: (relevo.v1.Position.$Properties|null);

            /** Hello active. */
            active: relevo.v1.Active.$Properties[];

            /** Hello general. */
            general: number;

            /** Hello generalResume. */
            generalResume?: (relevo.v1.Position.$Properties|null);

            /**
             * Encodes the specified Hello message. Does not implicitly {@link relevo.v1.Hello.verify|verify} messages.
             * @param message Hello message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: relevo.v1.Hello.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Hello message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {relevo.v1.Hello & relevo.v1.Hello.$Shape} Hello
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): relevo.v1.Hello & relevo.v1.Hello.$Shape;
        }

        namespace Hello {

            /** Properties of a Hello. */
            interface $Properties {

                /** Hello versionMin */
                versionMin?: (number|null);

                /** Hello versionMax */
                versionMax?: (number|null);

                /** Hello software */
                software?: (string|null);

                /** Hello cluster */
                cluster?: (string|null);

                /** Hello node */
                node?: (string|null);

                /** Hello session */
                session?: (string|null);

                /** Hello maps */
                maps?: (string[]|null);

                /** Hello resume */
                resume?: (relevo.v1.Position.$Properties|null);

                /** Hello active */
                active?: (relevo.v1.Active.$Properties[]|null);

                /** Hello general */
                general?: (number|null);

                /** Hello generalResume */
                generalResume?: (relevo.v1.Position.$Properties|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Hello. */
            type $Shape = relevo.v1.Hello.$Properties;
        }

        /**
         * Properties of a Position.
         * @deprecated Use relevo.v1.Position.$Properties instead.
         */
        interface IPosition extends relevo.v1.Position.$Properties {
        }

        /** Represents a Position. */
        class Position {

            /**
             * Constructs a new Position.
             * @param [properties] Properties to set
             */
            constructor(properties?: relevo.v1.Position.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Position session. */
            session: string;

            /** Position sequence. */
            sequence: number;

            /**
             * Encodes the specified Position message. Does not implicitly {@link relevo.v1.Position.verify|verify} messages.
             * @param message Position message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: relevo.v1.Position.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Position message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {relevo.v1.Position & relevo.v1.Position.$Shape} Position
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): relevo.v1.Position & relevo.v1.Position.$Shape;
        }

        namespace Position {

            /** Properties of a Position. */
            interface $Properties {

                /** Position session */
                session?: (string|null);

                /** Position sequence */
                sequence?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Position. */
            type $Shape = relevo.v1.Position.$Properties;
        }

        /**
         * Properties of an Active.
         * @deprecated Use relevo.v1.Active.$Properties instead.
         */
        interface IActive extends relevo.v1.Active.$Properties {
        }

        /** Represents an Active. */
        class Active {

            /**
             * Constructs a new Active.
             * @param [properties] Properties to set
             */
            constructor(properties?: relevo.v1.Active.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Active group. */
            group: string;

            /** Active epoch. */
            epoch: number;

            /**
             * Encodes the specified Active message. Does not implicitly {@link relevo.v1.Active.verify|verify} messages.
             * @param message Active message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: relevo.v1.Active.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an Active message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {relevo.v1.Active & relevo.v1.Active.$Shape} Active
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): relevo.v1.Active & relevo.v1.Active.$Shape;
        }

        namespace Active {

            /** Properties of an Active. */
            interface $Properties {

                /** Active group */
                group?: (string|null);

                /** Active epoch */
                epoch?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an Active. */
            type $Shape = relevo.v1.Active.$Properties;
        }

        /**
         * Properties of a Refuse.
         * @deprecated Use relevo.v1.Refuse.$Properties instead.
         */
        interface IRefuse extends relevo.v1.Refuse.$Properties {
        }

        /** Represents a Refuse. */
        class Refuse {

            /**
             * Constructs a new Refuse.
             * @param [properties] Properties to set
             */
            constructor(properties?: relevo.v1.Refuse.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Refuse code. */
            code: string;

            /** Refuse detail. */
            detail: string;

            /**
             * Encodes the specified Refuse message. Does not implicitly {@link relevo.v1.Refuse.verify|verify} messages.
             * @param message Refuse message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: relevo.v1.Refuse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Refuse message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {relevo.v1.Refuse & relevo.v1.Refuse.$Shape} Refuse
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): relevo.v1.Refuse & relevo.v1.Refuse.$Shape;
        }

        namespace Refuse {

            /** Properties of a Refuse. */
            interface $Properties {

                /** Refuse code */
                code?: (string|null);

                /** Refuse detail */
                detail?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Refuse. */
            type $Shape = relevo.v1.Refuse.$Properties;
        }

        /**
         * Properties of a Role.
         * @deprecated Use relevo.v1.Role.$Properties instead.
         */
        interface IRole extends relevo.v1.Role.$Properties {
        }

        /** Represents a Role. */
        class Role {

            /**
             * Constructs a new Role.
             * @param [properties] Properties to set
             */
            constructor(properties?: relevo.v1.Role.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Role group. */
            group: string;

            /** Role epoch. */
            epoch: number;

            /** Role active. */
            active: boolean;

            /**
             * Encodes the specified Role message. Does not implicitly {@link relevo.v1.Role.verify|verify} messages.
             * @param message Role message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: relevo.v1.Role.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Role message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {relevo.v1.Role & relevo.v1.Role.$Shape} Role
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): relevo.v1.Role & relevo.v1.Role.$Shape;
        }

        namespace Role {

            /** Properties of a Role. */
            interface $Properties {

                /** Role group */
                group?: (string|null);

                /** Role epoch */
                epoch?: (number|null);

                /** Role active */
                active?: (boolean|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Role. */
            type $Shape = relevo.v1.Role.$Properties;
        }

        /**
         * Properties of a Start.
         * @deprecated Use relevo.v1.Start.$Properties instead.
         */
        interface IStart extends relevo.v1.Start.$Properties {
        }

        /** Represents a Start. */
        class Start {

            /**
             * Constructs a new Start.
             * @param [properties] Properties to set
             */
            constructor(properties?: relevo.v1.Start.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Start resumed. */
            resumed: boolean;

            /** Start sequence. */
            sequence: number;

            /**
             * Encodes the specified Start message. Does not implicitly {@link relevo.v1.Start.verify|verify} messages.
             * @param message Start message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: relevo.v1.Start.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Start message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {relevo.v1.Start & relevo.v1.Start.$Shape} Start
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): relevo.v1.Start & relevo.v1.Start.$Shape;
        }

        namespace Start {

            /** Properties of a Start. */
            interface $Properties {

                /** Start resumed */
                resumed?: (boolean|null);

                /** Start sequence */
                sequence?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Start. */
            type $Shape = relevo.v1.Start.$Properties;
        }

        /**
         * Properties of an Entries.
         * @deprecated Use relevo.v1.Entries.$Properties instead.
         */
        interface IEntries extends relevo.v1.Entries.$Properties {
        }

        /** Represents an Entries. */
        class Entries {

            /**
             * Constructs a new Entries.
             * @param [properties] Properties to set
             */
            constructor(properties?: relevo.v1.Entries.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Entries client. */
            client: number[];

            /** Entries address. */
            address: number[];

            /** Entries protocolPort. */
            protocolPort: number[];

            /** Entries backend. */
            backend: number[];

            /** Entries backendPort. */
            backendPort: number[];

            /** Entries ttlMs. */
            ttlMs: number[];

            /** Entries remainingMs. */
            remainingMs: number[];

            /**
             * Encodes the specified Entries message. Does not implicitly {@link relevo.v1.Entries.verify|verify} messages.
             * @param message Entries message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: relevo.v1.Entries.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an Entries message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {relevo.v1.Entries & relevo.v1.Entries.$Shape} Entries
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): relevo.v1.Entries & relevo.v1.Entries.$Shape;
        }

        namespace Entries {

            /** Properties of an Entries. */
            interface $Properties {

                /** Entries client */
                client?: (number[]|null);

                /** Entries address */
                address?: (number[]|null);

                /** Entries protocolPort */
                protocolPort?: (number[]|null);

                /** Entries backend */
                backend?: (number[]|null);

                /** Entries backendPort */
                backendPort?: (number[]|null);

                /** Entries ttlMs */
                ttlMs?: (number[]|null);

                /** Entries remainingMs */
                remainingMs?: (number[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an Entries. */
            type $Shape = relevo.v1.Entries.$Properties;
        }

        /**
         * Properties of a Keys.
         * @deprecated Use relevo.v1.Keys.$Properties instead.
         */
        interface IKeys extends relevo.v1.Keys.$Properties {
        }

        /** Represents a Keys. */
        class Keys {

            /**
             * Constructs a new Keys.
             * @param [properties] Properties to set
             */
            constructor(properties?: relevo.v1.Keys.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Keys client. */
            client: number[];

            /** Keys address. */
            address: number[];

            /** Keys protocolPort. */
            protocolPort: number[];

            /**
             * Encodes the specified Keys message. Does not implicitly {@link relevo.v1.Keys.verify|verify} messages.
             * @param message Keys message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: relevo.v1.Keys.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Keys message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {relevo.v1.Keys & relevo.v1.Keys.$Shape} Keys
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): relevo.v1.Keys & relevo.v1.Keys.$Shape;
        }

        namespace Keys {

            /** Properties of a Keys. */
            interface $Properties {

                /** Keys client */
                client?: (number[]|null);

                /** Keys address */
                address?: (number[]|null);

                /** Keys protocolPort */
                protocolPort?: (number[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Keys. */
            type $Shape = relevo.v1.Keys.$Properties;
        }

        /**
         * Properties of a Delta.
         * @deprecated Use relevo.v1.Delta.$Properties instead.
         */
        interface IDelta extends relevo.v1.Delta.$Properties {
        }

        /** Represents a Delta. */
        class Delta {

            /**
             * Constructs a new Delta.
             * @param [properties] Properties to set
             */
            constructor(properties?: relevo.v1.Delta.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Delta frame. */
            frame: number;

            /** Delta group. */
            group: string;

            /** Delta epoch. */
            epoch: number;

            /** Delta firstSequence. */
            firstSequence: number;

            /** Delta lastSequence. */
            lastSequence: number;

            /** Delta upserts. */
            upserts?: (relevo.v1.Entries.$Properties|null);

            /** Delta deletions. */
            deletions?: (relevo.v1.Keys.$Properties|null);

            /**
             * Encodes the specified Delta message. Does not implicitly {@link relevo.v1.Delta.verify|verify} messages.
             * @param message Delta message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: relevo.v1.Delta.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Delta message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {relevo.v1.Delta & relevo.v1.Delta.$Shape} Delta
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): relevo.v1.Delta & relevo.v1.Delta.$Shape;
        }

        namespace Delta {

            /** Properties of a Delta. */
            interface $Properties {

                /** Delta frame */
                frame?: (number|null);

                /** Delta group */
                group?: (string|null);

                /** Delta epoch */
                epoch?: (number|null);

                /** Delta firstSequence */
                firstSequence?: (number|null);

                /** Delta lastSequence */
                lastSequence?: (number|null);

                /** Delta upserts */
                upserts?: (relevo.v1.Entries.$Properties|null);

                /** Delta deletions */
                deletions?: (relevo.v1.Keys.$Properties|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Delta. */
            type $Shape = relevo.v1.Delta.$Properties;
        }

        /**
         * Properties of a SnapshotBegin.
         * @deprecated Use relevo.v1.SnapshotBegin.$Properties instead.
         */
        interface ISnapshotBegin extends relevo.v1.SnapshotBegin.$Properties {
        }

        /** Represents a SnapshotBegin. */
        class SnapshotBegin {

            /**
             * Constructs a new SnapshotBegin.
             * @param [properties] Properties to set
             */
            constructor(properties?: relevo.v1.SnapshotBegin.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** SnapshotBegin frame. */
            frame: number;

            /** SnapshotBegin group. */
            group: string;

            /** SnapshotBegin epoch. */
            epoch: number;

            /** SnapshotBegin sequence. */
            sequence: number;

            /** SnapshotBegin buckets. */
            buckets: Uint8Array;

            /** SnapshotBegin expected. */
            expected: number;

            /**
             * Encodes the specified SnapshotBegin message. Does not implicitly {@link relevo.v1.SnapshotBegin.verify|verify} messages.
             * @param message SnapshotBegin message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: relevo.v1.SnapshotBegin.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a SnapshotBegin message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {relevo.v1.SnapshotBegin & relevo.v1.SnapshotBegin.$Shape} SnapshotBegin
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): relevo.v1.SnapshotBegin & relevo.v1.SnapshotBegin.$Shape;
        }

        namespace SnapshotBegin {

            /** Properties of a SnapshotBegin. */
            interface $Properties {

                /** SnapshotBegin frame */
                frame?: (number|null);

                /** SnapshotBegin group */
                group?: (string|null);

                /** SnapshotBegin epoch */
                epoch?: (number|null);

                /** SnapshotBegin sequence */
                sequence?: (number|null);

                /** SnapshotBegin buckets */
                buckets?: (Uint8Array|null);

                /** SnapshotBegin expected */
                expected?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a SnapshotBegin. */
            type $Shape = relevo.v1.SnapshotBegin.$Properties;
        }

        /**
         * Properties of a SnapshotChunk.
         * @deprecated Use relevo.v1.SnapshotChunk.$Properties instead.
         */
        interface ISnapshotChunk extends relevo.v1.SnapshotChunk.$Properties {
        }

        /** Represents a SnapshotChunk. */
        class SnapshotChunk {

            /**
             * Constructs a new SnapshotChunk.
             * @param [properties] Properties to set
             */
            constructor(properties?: relevo.v1.SnapshotChunk.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** SnapshotChunk frame. */
            frame: number;

            /** SnapshotChunk group. */
            group: string;

            /** SnapshotChunk epoch. */
            epoch: number;

            /** SnapshotChunk entries. */
            entries?: (relevo.v1.Entries.$Properties|null);

            /**
             * Encodes the specified SnapshotChunk message. Does not implicitly {@link relevo.v1.SnapshotChunk.verify|verify} messages.
             * @param message SnapshotChunk message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: relevo.v1.SnapshotChunk.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a SnapshotChunk message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {relevo.v1.SnapshotChunk & relevo.v1.SnapshotChunk.$Shape} SnapshotChunk
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): relevo.v1.SnapshotChunk & relevo.v1.SnapshotChunk.$Shape;
        }

        namespace SnapshotChunk {

            /** Properties of a SnapshotChunk. */
            interface $Properties {

                /** SnapshotChunk frame */
                frame?: (number|null);

                /** SnapshotChunk group */
                group?: (string|null);

                /** SnapshotChunk epoch */
                epoch?: (number|null);

                /** SnapshotChunk entries */
                entries?: (relevo.v1.Entries.$Properties|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a SnapshotChunk. */
            type $Shape = relevo.v1.SnapshotChunk.$Properties;
        }

        /**
         * Properties of a SnapshotEnd.
         * @deprecated Use relevo.v1.SnapshotEnd.$Properties instead.
         */
        interface ISnapshotEnd extends relevo.v1.SnapshotEnd.$Properties {
        }

        /** Represents a SnapshotEnd. */
        class SnapshotEnd {

            /**
             * Constructs a new SnapshotEnd.
             * @param [properties] Properties to set
             */
            constructor(properties?: relevo.v1.SnapshotEnd.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** SnapshotEnd frame. */
            frame: number;

            /** SnapshotEnd group. */
            group: string;

            /** SnapshotEnd epoch. */
            epoch: number;

            /**
             * Encodes the specified SnapshotEnd message. Does not implicitly {@link relevo.v1.SnapshotEnd.verify|verify} messages.
             * @param message SnapshotEnd message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: relevo.v1.SnapshotEnd.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a SnapshotEnd message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {relevo.v1.SnapshotEnd & relevo.v1.SnapshotEnd.$Shape} SnapshotEnd
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): relevo.v1.SnapshotEnd & relevo.v1.SnapshotEnd.$Shape;
        }

        namespace SnapshotEnd {

            /** Properties of a SnapshotEnd. */
            interface $Properties {

                /** SnapshotEnd frame */
                frame?: (number|null);

                /** SnapshotEnd group */
                group?: (string|null);

                /** SnapshotEnd epoch */
                epoch?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a SnapshotEnd. */
            type $Shape = relevo.v1.SnapshotEnd.$Properties;
        }

        /**
         * Properties of an Ack.
         * @deprecated Use relevo.v1.Ack.$Properties instead.
         */
        interface IAck extends relevo.v1.Ack.$Properties {
        }

        /** Represents an Ack. */
        class Ack {

            /**
             * Constructs a new Ack.
             * @param [properties] Properties to set
             */
            constructor(properties?: relevo.v1.Ack.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Ack frame. */
            frame: number;

            /**
             * Encodes the specified Ack message. Does not implicitly {@link relevo.v1.Ack.verify|verify} messages.
             * @param message Ack message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: relevo.v1.Ack.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an Ack message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {relevo.v1.Ack & relevo.v1.Ack.$Shape} Ack
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): relevo.v1.Ack & relevo.v1.Ack.$Shape;
        }

        namespace Ack {

            /** Properties of an Ack. */
            interface $Properties {

                /** Ack frame */
                frame?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an Ack. */
            type $Shape = relevo.v1.Ack.$Properties;
        }

        /**
         * Properties of a Digest.
         * @deprecated Use relevo.v1.Digest.$Properties instead.
         */
        interface IDigest extends relevo.v1.Digest.$Properties {
        }

        /** Represents a Digest. */
        class Digest {

            /**
             * Constructs a new Digest.
             * @param [properties] Properties to set
             */
            constructor(properties?: relevo.v1.Digest.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Digest group. */
            group: string;

            /** Digest epoch. */
            epoch: number;

            /** Digest sequence. */
            sequence: number;

            /** Digest decisive. */
            decisive: boolean;

            /** Digest sums. */
            sums: number[];

            /** Digest counts. */
            counts: number[];

            /**
             * Encodes the specified Digest message. Does not implicitly {@link relevo.v1.Digest.verify|verify} messages.
             * @param message Digest message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: relevo.v1.Digest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Digest message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {relevo.v1.Digest & relevo.v1.Digest.$Shape} Digest
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): relevo.v1.Digest & relevo.v1.Digest.$Shape;
        }

        namespace Digest {

            /** Properties of a Digest. */
            interface $Properties {

                /** Digest group */
                group?: (string|null);

                /** Digest epoch */
                epoch?: (number|null);

                /** Digest sequence */
                sequence?: (number|null);

                /** Digest decisive */
                decisive?: (boolean|null);

                /** Digest sums */
                sums?: (number[]|null);

                /** Digest counts */
                counts?: (number[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Digest. */
            type $Shape = relevo.v1.Digest.$Properties;
        }

        /**
         * Properties of a Resync.
         * @deprecated Use relevo.v1.Resync.$Properties instead.
         */
        interface IResync extends relevo.v1.Resync.$Properties {
        }

        /** Represents a Resync. */
        class Resync {

            /**
             * Constructs a new Resync.
             * @param [properties] Properties to set
             */
            constructor(properties?: relevo.v1.Resync.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Resync group. */
            group: string;

            /** Resync buckets. */
            buckets: Uint8Array;

            /**
             * Encodes the specified Resync message. Does not implicitly {@link relevo.v1.Resync.verify|verify} messages.
             * @param message Resync message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: relevo.v1.Resync.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Resync message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {relevo.v1.Resync & relevo.v1.Resync.$Shape} Resync
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): relevo.v1.Resync & relevo.v1.Resync.$Shape;
        }

        namespace Resync {

            /** Properties of a Resync. */
            interface $Properties {

                /** Resync group */
                group?: (string|null);

                /** Resync buckets */
                buckets?: (Uint8Array|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Resync. */
            type $Shape = relevo.v1.Resync.$Properties;
        }

        /**
         * Properties of a Ping.
         * @deprecated Use relevo.v1.Ping.$Properties instead.
         */
        interface IPing extends relevo.v1.Ping.$Properties {
        }

        /** Represents a Ping. */
        class Ping {

            /**
             * Constructs a new Ping.
             * @param [properties] Properties to set
             */
            constructor(properties?: relevo.v1.Ping.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Ping token. */
            token: number;

            /** Ping head. */
            head: number;

            /** Ping sequence. */
            sequence: number;

            /**
             * Encodes the specified Ping message. Does not implicitly {@link relevo.v1.Ping.verify|verify} messages.
             * @param message Ping message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: relevo.v1.Ping.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Ping message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {relevo.v1.Ping & relevo.v1.Ping.$Shape} Ping
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): relevo.v1.Ping & relevo.v1.Ping.$Shape;
        }

        namespace Ping {

            /** Properties of a Ping. */
            interface $Properties {

                /** Ping token */
                token?: (number|null);

                /** Ping head */
                head?: (number|null);

                /** Ping sequence */
                sequence?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Ping. */
            type $Shape = relevo.v1.Ping.$Properties;
        }

        /**
         * Properties of a Pong.
         * @deprecated Use relevo.v1.Pong.$Properties instead.
         */
        interface IPong extends relevo.v1.Pong.$Properties {
        }

        /** Represents a Pong. */
        class Pong {

            /**
             * Constructs a new Pong.
             * @param [properties] Properties to set
             */
            constructor(properties?: relevo.v1.Pong.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Pong token. */
            token: number;

            /**
             * Encodes the specified Pong message. Does not implicitly {@link relevo.v1.Pong.verify|verify} messages.
             * @param message Pong message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: relevo.v1.Pong.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Pong message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {relevo.v1.Pong & relevo.v1.Pong.$Shape} Pong
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): relevo.v1.Pong & relevo.v1.Pong.$Shape;
        }

        namespace Pong {

            /** Properties of a Pong. */
            interface $Properties {

                /** Pong token */
                token?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Pong. */
            type $Shape = relevo.v1.Pong.$Properties;
        }

        /**
         * Properties of a General.
         * @deprecated Use relevo.v1.General.$Properties instead.
         */
        interface IGeneral extends relevo.v1.General.$Properties {
        }

        /** Represents a General. */
        class General {

            /**
             * Constructs a new General.
             * @param [properties] Properties to set
             */
            constructor(properties?: relevo.v1.General.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** General start. */
            start?: (relevo.v1.Start.$Properties|null);

            /** General snapshotBegin. */
            snapshotBegin?: (relevo.v1.SnapshotBegin.$Properties|null);

            /** General snapshotChunk. */
            snapshotChunk?: (relevo.v1.GeneralChunk.$Properties|null);

            /** General snapshotEnd. */
            snapshotEnd?: (relevo.v1.SnapshotEnd.$Properties|null);

            /** General delta. */
            delta?: (relevo.v1.GeneralDelta.$Properties|null);

            /** General ack. */
            ack?: (relevo.v1.Ack.$Properties|null);

            /** General digest. */
            digest?: (relevo.v1.Digest.$Properties|null);

            /** General resync. */
            resync?: (relevo.v1.Resync.$Properties|null);

            /** General progress. */
            progress?: (relevo.v1.Ping.$Properties|null);

            /** General body. */
            body?: ("start"|"snapshotBegin"|"snapshotChunk"|"snapshotEnd"|"delta"|"ack"|"digest"|"resync"|"progress");

            /**
             * Encodes the specified General message. Does not implicitly {@link relevo.v1.General.verify|verify} messages.
             * @param message General message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: relevo.v1.General.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a General message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {relevo.v1.General & relevo.v1.General.$Shape} General
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): relevo.v1.General & relevo.v1.General.$Shape;
        }

        namespace General {

            /** Properties of a General. */
            interface $Properties {

                /** General start */
                start?: (relevo.v1.Start.$Properties|null);

                /** General snapshotBegin */
                snapshotBegin?: (relevo.v1.SnapshotBegin.$Properties|null);

                /** General snapshotChunk */
                snapshotChunk?: (relevo.v1.GeneralChunk.$Properties|null);

                /** General snapshotEnd */
                snapshotEnd?: (relevo.v1.SnapshotEnd.$Properties|null);

                /** General delta */
                delta?: (relevo.v1.GeneralDelta.$Properties|null);

                /** General ack */
                ack?: (relevo.v1.Ack.$Properties|null);

                /** General digest */
                digest?: (relevo.v1.Digest.$Properties|null);

                /** General resync */
                resync?: (relevo.v1.Resync.$Properties|null);

                /** General progress */
                progress?: (relevo.v1.Ping.$Properties|null);

                /** General body */
                body?: ("start"|"snapshotBegin"|"snapshotChunk"|"snapshotEnd"|"delta"|"ack"|"digest"|"resync"|"progress");

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Narrowed shape of a General. */
            type $Shape = {
              start?: relevo.v1.Start.$Shape|null;
              snapshotBegin?: relevo.v1.SnapshotBegin.$Shape|null;
              snapshotChunk?: relevo.v1.GeneralChunk.$Shape|null;
              snapshotEnd?: relevo.v1.SnapshotEnd.$Shape|null;
              delta?: relevo.v1.GeneralDelta.$Shape|null;
              ack?: relevo.v1.Ack.$Shape|null;
              digest?: relevo.v1.Digest.$Shape|null;
              resync?: relevo.v1.Resync.$Shape|null;
              progress?: relevo.v1.Ping.$Shape|null;
              $unknowns?: Uint8Array[];
            } & (
              ({ body?: undefined; start?: null; snapshotBegin?: null; snapshotChunk?: null; snapshotEnd?: null; delta?: null; ack?: null; digest?: null; resync?: null; progress?: null }|{ body?: "start"; start: relevo.v1.Start.$Shape; snapshotBegin?: null; snapshotChunk?: null; snapshotEnd?: null; delta?: null; ack?: null; digest?: null; resync?: null; progress?: null }|{ body?: "snapshotBegin"; start?: null; snapshotBegin: relevo.v1.SnapshotBegin.$Shape; snapshotChunk?: null; snapshotEnd?: null; delta?: null; ack?: null; digest?: null; resync?: null; progress?: null }|{ body?: "snapshotChunk"; start?: null; snapshotBegin?: null; snapshotChunk: relevo.v1.GeneralChunk.$Shape; snapshotEnd?: null; delta?: null; ack?: null; digest?: null; resync?: null; progress?: null }|{ body?: "snapshotEnd"; start?: null; snapshotBegin?: null; snapshotChunk?: null; snapshotEnd: relevo.v1.SnapshotEnd.$Shape; delta?: null; ack?: null; digest?: null; resync?: null; progress?: null }|{ body?: "delta"; start?: null; snapshotBegin?: null; snapshotChunk?: null; snapshotEnd?: null; delta: relevo.v1.GeneralDelta.$Shape; ack?: null; digest?: null; resync?: null; progress?: null }|{ body?: "ack"; start?: null; snapshotBegin?: null; snapshotChunk?: null; snapshotEnd?: null; delta?: null; ack: relevo.v1.Ack.$Shape; digest?: null; resync?: null; progress?: null }|{ body?: "digest"; start?: null; snapshotBegin?: null; snapshotChunk?: null; snapshotEnd?: null; delta?: null; ack?: null; digest: relevo.v1.Digest.$Shape; resync?: null; progress?: null }|{ body?: "resync"; start?: null; snapshotBegin?: null; snapshotChunk?: null; snapshotEnd?: null; delta?: null; ack?: null; digest?: null; resync: relevo.v1.Resync.$Shape; progress?: null }|{ body?: "progress"; start?: null; snapshotBegin?: null; snapshotChunk?: null; snapshotEnd?: null; delta?: null; ack?: null; digest?: null; resync?: null; progress: relevo.v1.Ping.$Shape })
            );
        }

        /**
         * Properties of a GeneralEntries.
         * @deprecated Use relevo.v1.GeneralEntries.$Properties instead.
         */
        interface IGeneralEntries extends relevo.v1.GeneralEntries.$Properties {
        }

        /** Represents a GeneralEntries. */
        class GeneralEntries {

            /**
             * Constructs a new GeneralEntries.
             * @param [properties] Properties to set
             */
            constructor(properties?: relevo.v1.GeneralEntries.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** GeneralEntries services. */
            services: string[];

            /** GeneralEntries service. */
            service: number[];

            /** GeneralEntries key. */
            key: Uint8Array[];

            /** GeneralEntries backend. */
            backend: Uint8Array[];

            /** GeneralEntries backendPort. */
            backendPort: number[];

            /** GeneralEntries ttlMs. */
            ttlMs: number[];

            /** GeneralEntries remainingMs. */
            remainingMs: number[];

            /**
             * Encodes the specified GeneralEntries message. Does not implicitly {@link relevo.v1.GeneralEntries.verify|verify} messages.
             * @param message GeneralEntries message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: relevo.v1.GeneralEntries.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a GeneralEntries message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {relevo.v1.GeneralEntries & relevo.v1.GeneralEntries.$Shape} GeneralEntries
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): relevo.v1.GeneralEntries & relevo.v1.GeneralEntries.$Shape;
        }

        namespace GeneralEntries {

            /** Properties of a GeneralEntries. */
            interface $Properties {

                /** GeneralEntries services */
                services?: (string[]|null);

                /** GeneralEntries service */
                service?: (number[]|null);

                /** GeneralEntries key */
                key?: (Uint8Array[]|null);

                /** GeneralEntries backend */
                backend?: (Uint8Array[]|null);

                /** GeneralEntries backendPort */
                backendPort?: (number[]|null);

                /** GeneralEntries ttlMs */
                ttlMs?: (number[]|null);

                /** GeneralEntries remainingMs */
                remainingMs?: (number[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a GeneralEntries. */
            type $Shape = relevo.v1.GeneralEntries.$Properties;
        }

        /**
         * Properties of a GeneralKeys.
         * @deprecated Use relevo.v1.GeneralKeys.$Properties instead.
         */
        interface IGeneralKeys extends relevo.v1.GeneralKeys.$Properties {
        }

        /** Represents a GeneralKeys. */
        class GeneralKeys {

            /**
             * Constructs a new GeneralKeys.
             * @param [properties] Properties to set
             */
            constructor(properties?: relevo.v1.GeneralKeys.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** GeneralKeys services. */
            services: string[];

            /** GeneralKeys service. */
            service: number[];

            /** GeneralKeys key. */
            key: Uint8Array[];

            /**
             * Encodes the specified GeneralKeys message. Does not implicitly {@link relevo.v1.GeneralKeys.verify|verify} messages.
             * @param message GeneralKeys message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: relevo.v1.GeneralKeys.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a GeneralKeys message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {relevo.v1.GeneralKeys & relevo.v1.GeneralKeys.$Shape} GeneralKeys
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): relevo.v1.GeneralKeys & relevo.v1.GeneralKeys.$Shape;
        }

        namespace GeneralKeys {

            /** Properties of a GeneralKeys. */
            interface $Properties {

                /** GeneralKeys services */
                services?: (string[]|null);

                /** GeneralKeys service */
                service?: (number[]|null);

                /** GeneralKeys key */
                key?: (Uint8Array[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a GeneralKeys. */
            type $Shape = relevo.v1.GeneralKeys.$Properties;
        }

        /**
         * Properties of a GeneralDelta.
         * @deprecated Use relevo.v1.GeneralDelta.$Properties instead.
         */
        interface IGeneralDelta extends relevo.v1.GeneralDelta.$Properties {
        }

        /** Represents a GeneralDelta. */
        class GeneralDelta {

            /**
             * Constructs a new GeneralDelta.
             * @param [properties] Properties to set
             */
            constructor(properties?: relevo.v1.GeneralDelta.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** GeneralDelta frame. */
            frame: number;

            /** GeneralDelta group. */
            group: string;

            /** GeneralDelta epoch. */
            epoch: number;

            /** GeneralDelta firstSequence. */
            firstSequence: number;

            /** GeneralDelta lastSequence. */
            lastSequence: number;

            /** GeneralDelta upserts. */
            upserts?: (relevo.v1.GeneralEntries.$Properties|null);

            /** GeneralDelta deletions. */
            deletions?: (relevo.v1.GeneralKeys.$Properties|null);

            /**
             * Encodes the specified GeneralDelta message. Does not implicitly {@link relevo.v1.GeneralDelta.verify|verify} messages.
             * @param message GeneralDelta message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: relevo.v1.GeneralDelta.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a GeneralDelta message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {relevo.v1.GeneralDelta & relevo.v1.GeneralDelta.$Shape} GeneralDelta
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): relevo.v1.GeneralDelta & relevo.v1.GeneralDelta.$Shape;
        }

        namespace GeneralDelta {

            /** Properties of a GeneralDelta. */
            interface $Properties {

                /** GeneralDelta frame */
                frame?: (number|null);

                /** GeneralDelta group */
                group?: (string|null);

                /** GeneralDelta epoch */
                epoch?: (number|null);

                /** GeneralDelta firstSequence */
                firstSequence?: (number|null);

                /** GeneralDelta lastSequence */
                lastSequence?: (number|null);

                /** GeneralDelta upserts */
                upserts?: (relevo.v1.GeneralEntries.$Properties|null);

                /** GeneralDelta deletions */
                deletions?: (relevo.v1.GeneralKeys.$Properties|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a GeneralDelta. */
            type $Shape = relevo.v1.GeneralDelta.$Properties;
        }

        /**
         * Properties of a GeneralChunk.
         * @deprecated Use relevo.v1.GeneralChunk.$Properties instead.
         */
        interface IGeneralChunk extends relevo.v1.GeneralChunk.$Properties {
        }

        /** Represents a GeneralChunk. */
        class GeneralChunk {

            /**
             * Constructs a new GeneralChunk.
             * @param [properties] Properties to set
             */
            constructor(properties?: relevo.v1.GeneralChunk.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** GeneralChunk frame. */
            frame: number;

            /** GeneralChunk group. */
            group: string;

            /** GeneralChunk epoch. */
            epoch: number;

            /** GeneralChunk entries. */
            entries?: (relevo.v1.GeneralEntries.$Properties|null);

            /**
             * Encodes the specified GeneralChunk message. Does not implicitly {@link relevo.v1.GeneralChunk.verify|verify} messages.
             * @param message GeneralChunk message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: relevo.v1.GeneralChunk.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a GeneralChunk message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {relevo.v1.GeneralChunk & relevo.v1.GeneralChunk.$Shape} GeneralChunk
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): relevo.v1.GeneralChunk & relevo.v1.GeneralChunk.$Shape;
        }

        namespace GeneralChunk {

            /** Properties of a GeneralChunk. */
            interface $Properties {

                /** GeneralChunk frame */
                frame?: (number|null);

                /** GeneralChunk group */
                group?: (string|null);

                /** GeneralChunk epoch */
                epoch?: (number|null);

                /** GeneralChunk entries */
                entries?: (relevo.v1.GeneralEntries.$Properties|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a GeneralChunk. */
            type $Shape = relevo.v1.GeneralChunk.$Properties;
        }
    }
}
