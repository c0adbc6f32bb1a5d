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

            /** Frame document. */
            document?: (relevo.v1.Document.$Properties|null);

            /** Frame general. */
            general?: (relevo.v1.General.$Properties|null);

            /** Frame events. */
            events?: (relevo.v1.Events.$Properties|null);

            /** Frame verify. */
            verify?: (relevo.v1.Verify.$Properties|null);

            /** Frame counters. */
            counters?: (relevo.v1.Counters.$Properties|null);

            /** Frame body. */
            body?: ("hello"|"refuse"|"role"|"start"|"snapshotBegin"|"snapshotChunk"|"snapshotEnd"|"delta"|"ack"|"digest"|"resync"|"ping"|"pong"|"document"|"general"|"events"|"verify"|"counters");

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

                /** Frame document */
                document?: (relevo.v1.Document.$Properties|null);

                /** Frame general */
                general?: (relevo.v1.General.$Properties|null);

                /** Frame events */
                events?: (relevo.v1.Events.$Properties|null);

                /** Frame verify */
                verify?: (relevo.v1.Verify.$Properties|null);

                /** Frame counters */
                counters?: (relevo.v1.Counters.$Properties|null);

                /** Frame body */
                body?: ("hello"|"refuse"|"role"|"start"|"snapshotBegin"|"snapshotChunk"|"snapshotEnd"|"delta"|"ack"|"digest"|"resync"|"ping"|"pong"|"document"|"general"|"events"|"verify"|"counters");

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
              document?: relevo.v1.Document.$Shape|null;
              general?: relevo.v1.General.$Shape|null;
              events?: relevo.v1.Events.$Shape|null;
              verify?: relevo.v1.Verify.$Shape|null;
              counters?: relevo.v1.Counters.$Shape|null;
              $unknowns?: Uint8Array[];
            } & (
              ({ body?: undefined; hello?: null; refuse?: null; role?: null; start?: null; snapshotBegin?: null; snapshotChunk?: null; snapshotEnd?: null; delta?: null; ack?: null; digest?: null; resync?: null; ping?: null; pong?: null; document?: null; general?: null; events?: null; verify?: null; counters?: null }|{ body?: "hello"; hello: relevo.v1.Hello.$Shape; refuse?: null; role?: null; start?: null; snapshotBegin?: null; snapshotChunk?: null; snapshotEnd?: null; delta?: null; ack?: null; digest?: null; resync?: null; ping?: null; pong?: null; document?: null; general?: null; events?: null; verify?: null; counters?: null }|{ body?: "refuse"; hello?: null; refuse: relevo.v1.Refuse.$Shape; role?: null; start?: null; snapshotBegin?: null; snapshotChunk?: null; snapshotEnd?: null; delta?: null; ack?: null; digest?: null; resync?: null; ping?: null; pong?: null; document?: null; general?: null; events?: null; verify?: null; counters?: null }|{ body?: "role"; hello?: null; refuse?: null; role: relevo.v1.Role.$Shape; start?: null; snapshotBegin?: null; snapshotChunk?: null; snapshotEnd?: null; delta?: null; ack?: null; digest?: null; resync?: null; ping?: null; pong?: null; document?: null; general?: null; events?: null; verify?: null; counters?: null }|{ body?: "start"; hello?: null; refuse?: null; role?: null; start: relevo.v1.Start.$Shape; snapshotBegin?: null; snapshotChunk?: null; snapshotEnd?: null; delta?: null; ack?: null; digest?: null; resync?: null; ping?: null; pong?: null; document?: null; general?: null; events?: null; verify?: null; counters?: null }|{ body?: "snapshotBegin"; hello?: null; refuse?: null; role?: null; start?: null; snapshotBegin: relevo.v1.SnapshotBegin.$Shape; snapshotChunk?: null; snapshotEnd?: null; delta?: null; ack?: null; digest?: null; resync?: null; ping?: null; pong?: null; document?: null; general?: null; events?: null; verify?: null; counters?: null }|{ body?: "snapshotChunk"; hello?: null; refuse?: null; role?: null; start?: null; snapshotBegin?: null; snapshotChunk: relevo.v1.SnapshotChunk.$Shape; snapshotEnd?: null; delta?: null; ack?: null; digest?: null; resync?: null; ping?: null; pong?: null; document?: null; general?: null; events?: null; verify?: null; counters?: null }|{ body?: "snapshotEnd"; hello?: null; refuse?: null; role?: null; start?: null; snapshotBegin?: null; snapshotChunk?: null; snapshotEnd: relevo.v1.SnapshotEnd.$Shape; delta?: null; ack?: null; digest?: null; resync?: null; ping?: null; pong?: null; document?: null; general?: null; events?: null; verify?: null; counters?: null }|{ body?: "delta"; hello?: null; refuse?: null; role?: null; start?: null; snapshotBegin?: null; snapshotChunk?: null; snapshotEnd?: null; delta: relevo.v1.Delta.$Shape; ack?: null; digest?: null; resync?: null; ping?: null; pong?: null; document?: null; general?: null; events?: null; verify?: null; counters?: null }|{ body?: "ack"; hello?: null; refuse?: null; role?: null; start?: null; snapshotBegin?: null; snapshotChunk?: null; snapshotEnd?: null; delta?: null; ack: relevo.v1.Ack.$Shape; digest?: null; resync?: null; ping?: null; pong?: null; document?: null; general?: null; events?: null; verify?: null; counters?: null }|{ body?: "digest"; hello?: null; refuse?: null; role?: null; start?: null; snapshotBegin?: null; snapshotChunk?: null; snapshotEnd?: null; delta?: null; ack?: null; digest: relevo.v1.Digest.$Shape; resync?: null; ping?: null; pong?: null; document?: null; general?: null; events?: null; verify?: null; counters?: null }|{ body?: "resync"; hello?: null; refuse?: null; role?: null; start?: null; snapshotBegin?: null; snapshotChunk?: null; snapshotEnd?: null; delta?: null; ack?: null; digest?: null; resync: relevo.v1.Resync.$Shape; ping?: null; pong?: null; document?: null; general?: null; events?: null; verify?: null; counters?: null }|{ body?: "ping"; hello?: null; refuse?: null; role?: null; start?: null; snapshotBegin?: null; snapshotChunk?: null; snapshotEnd?: null; delta?: null; ack?: null; digest?: null; resync?: null; ping: relevo.v1.Ping.$Shape; pong?: null; document?: null; general?: null; events?: null; verify?: null; counters?: null }|{ body?: "pong"; hello?: null; refuse?: null; role?: null; start?: null; snapshotBegin?: null; snapshotChunk?: null; snapshotEnd?: null; delta?: null; ack?: null; digest?: null; resync?: null; ping?: null; pong: relevo.v1.Pong.$Shape; document?: null; general?: null; events?: null; verify?: null; counters?: null }|{ body?: "document"; hello?: null; refuse?: null; role?: null; start?: null; snapshotBegin?: null; snapshotChunk?: null; snapshotEnd?: null; delta?: null; ack?: null; digest?: null; resync?: null; ping?: null; pong?: null; document: relevo.v1.Document.$Shape; general?: null; events?: null; verify?: null; counters?: null }|{ body?: "general"; hello?: null; refuse?: null; role?: null; start?: null; snapshotBegin?: null; snapshotChunk?: null; snapshotEnd?: null; delta?: null; ack?: null; digest?: null; resync?: null; ping?: null; pong?: null; document?: null; general: relevo.v1.General.$Shape; events?: null; verify?: null; counters?: null }|{ body?: "events"; hello?: null; refuse?: null; role?: null; start?: null; snapshotBegin?: null; snapshotChunk?: null; snapshotEnd?: null; delta?: null; ack?: null; digest?: null; resync?: null; ping?: null; pong?: null; document?: null; general?: null; events: relevo.v1.Events.$Shape; verify?: null; counters?: null }|{ body?: "verify"; hello?: null; refuse?: null; role?: null; start?: null; snapshotBegin?: null; snapshotChunk?: null; snapshotEnd?: null; delta?: null; ack?: null; digest?: null; resync?: null; ping?: null; pong?: null; document?: null; general?: null; events?: null; verify: relevo.v1.Verify.$Shape; counters?: null }|{ body?: "counters"; hello?: null; refuse?: null; role?: null; start?: null; snapshotBegin?: null; snapshotChunk?: null; snapshotEnd?: null; delta?: null; ack?: null; digest?: null; resync?: null; ping?: null; pong?: null; document?: null; general?: null; events?: null; verify?: null; counters: relevo.v1.Counters.$Shape })
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

            /** Hello document. */
            document: number;

            /** Hello general. */
            general: number;

            /** Hello generalResume. */
            generalResume?: (relevo.v1.Position.$Properties|null);

            /** Hello verify. */
            verify: number;

            /** Hello direction. */
            direction: number;

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

                /** Hello document */
                document?: (number|null);

                /** Hello general */
                general?: (number|null);

                /** Hello generalResume */
                generalResume?: (relevo.v1.Position.$Properties|null);

                /** Hello verify */
                verify?: (number|null);

                /** Hello direction */
                direction?: (number|null);

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

            /** Resync epoch. */
            epoch: number;

            /** Resync sequence. */
            sequence: number;

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

                /** Resync epoch */
                epoch?: (number|null);

                /** Resync sequence */
                sequence?: (number|null);

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
         * Properties of an Events.
         * @deprecated Use relevo.v1.Events.$Properties instead.
         */
        interface IEvents extends relevo.v1.Events.$Properties {
        }

        /** Represents an Events. */
        class Events {

            /**
             * Constructs a new Events.
             * @param [properties] Properties to set
             */
            constructor(properties?: relevo.v1.Events.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Events id. */
            id: number;

            /** Events question. */
            question: boolean;

            /** Events want. */
            want: number;

            /** Events nowUs. */
            nowUs: number;

            /** Events text. */
            text: Uint8Array;

            /**
             * Encodes the specified Events message. Does not implicitly {@link relevo.v1.Events.verify|verify} messages.
             * @param message Events message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: relevo.v1.Events.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an Events message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {relevo.v1.Events & relevo.v1.Events.$Shape} Events
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): relevo.v1.Events & relevo.v1.Events.$Shape;
        }

        namespace Events {

            /** Properties of an Events. */
            interface $Properties {

                /** Events id */
                id?: (number|null);

                /** Events question */
                question?: (boolean|null);

                /** Events want */
                want?: (number|null);

                /** Events nowUs */
                nowUs?: (number|null);

                /** Events text */
                text?: (Uint8Array|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an Events. */
            type $Shape = relevo.v1.Events.$Properties;
        }

        /**
         * Properties of a Verify.
         * @deprecated Use relevo.v1.Verify.$Properties instead.
         */
        interface IVerify extends relevo.v1.Verify.$Properties {
        }

        /** Represents a Verify. */
        class Verify {

            /**
             * Constructs a new Verify.
             * @param [properties] Properties to set
             */
            constructor(properties?: relevo.v1.Verify.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Verify id. */
            id: number;

            /** Verify question. */
            question: boolean;

            /** Verify last. */
            last: boolean;

            /** Verify problem. */
            problem: string;

            /** Verify entries. */
            entries?: (relevo.v1.Entries.$Properties|null);

            /** Verify group. */
            group: string;

            /** Verify general. */
            general?: (relevo.v1.GeneralEntries.$Properties|null);

            /** Verify toldMs. */
            toldMs: number[];

            /**
             * Encodes the specified Verify message. Does not implicitly {@link relevo.v1.Verify.verify|verify} messages.
             * @param message Verify message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: relevo.v1.Verify.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Verify message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {relevo.v1.Verify & relevo.v1.Verify.$Shape} Verify
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): relevo.v1.Verify & relevo.v1.Verify.$Shape;
        }

        namespace Verify {

            /** Properties of a Verify. */
            interface $Properties {

                /** Verify id */
                id?: (number|null);

                /** Verify question */
                question?: (boolean|null);

                /** Verify last */
                last?: (boolean|null);

                /** Verify problem */
                problem?: (string|null);

                /** Verify entries */
                entries?: (relevo.v1.Entries.$Properties|null);

                /** Verify group */
                group?: (string|null);

                /** Verify general */
                general?: (relevo.v1.GeneralEntries.$Properties|null);

                /** Verify toldMs */
                toldMs?: (number[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Verify. */
            type $Shape = relevo.v1.Verify.$Properties;
        }

        /**
         * Properties of a Counters.
         * @deprecated Use relevo.v1.Counters.$Properties instead.
         */
        interface ICounters extends relevo.v1.Counters.$Properties {
        }

        /** Represents a Counters. */
        class Counters {

            /**
             * Constructs a new Counters.
             * @param [properties] Properties to set
             */
            constructor(properties?: relevo.v1.Counters.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Counters carried. */
            carried: relevo.v1.Carried.$Properties[];

            /**
             * Encodes the specified Counters message. Does not implicitly {@link relevo.v1.Counters.verify|verify} messages.
             * @param message Counters message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: relevo.v1.Counters.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Counters message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {relevo.v1.Counters & relevo.v1.Counters.$Shape} Counters
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): relevo.v1.Counters & relevo.v1.Counters.$Shape;
        }

        namespace Counters {

            /** Properties of a Counters. */
            interface $Properties {

                /** Counters carried */
                carried?: (relevo.v1.Carried.$Properties[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Counters. */
            type $Shape = relevo.v1.Counters.$Properties;
        }

        /**
         * Properties of a Carried.
         * @deprecated Use relevo.v1.Carried.$Properties instead.
         */
        interface ICarried extends relevo.v1.Carried.$Properties {
        }

        /** Represents a Carried. */
        class Carried {

            /**
             * Constructs a new Carried.
             * @param [properties] Properties to set
             */
            constructor(properties?: relevo.v1.Carried.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Carried node. */
            node: string;

            /** Carried service. */
            service: string;

            /** Carried backend. */
            backend: string;

            /** Carried packetsIn. */
            packetsIn: number;

            /** Carried bytesIn. */
            bytesIn: number;

            /** Carried packetsOut. */
            packetsOut: number;

            /** Carried bytesOut. */
            bytesOut: number;

            /**
             * Encodes the specified Carried message. Does not implicitly {@link relevo.v1.Carried.verify|verify} messages.
             * @param message Carried message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: relevo.v1.Carried.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Carried message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {relevo.v1.Carried & relevo.v1.Carried.$Shape} Carried
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): relevo.v1.Carried & relevo.v1.Carried.$Shape;
        }

        namespace Carried {

            /** Properties of a Carried. */
            interface $Properties {

                /** Carried node */
                node?: (string|null);

                /** Carried service */
                service?: (string|null);

                /** Carried backend */
                backend?: (string|null);

                /** Carried packetsIn */
                packetsIn?: (number|null);

                /** Carried bytesIn */
                bytesIn?: (number|null);

                /** Carried packetsOut */
                packetsOut?: (number|null);

                /** Carried bytesOut */
                bytesOut?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Carried. */
            type $Shape = relevo.v1.Carried.$Properties;
        }

        /**
         * Properties of a Document.
         * @deprecated Use relevo.v1.Document.$Properties instead.
         */
        interface IDocument extends relevo.v1.Document.$Properties {
        }

        /** Represents a Document. */
        class Document {

            /**
             * Constructs a new Document.
             * @param [properties] Properties to set
             */
            constructor(properties?: relevo.v1.Document.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Document head. */
            head?: (relevo.v1.DocumentHead.$Properties|null);

            /** Document fetch. */
            fetch?: (relevo.v1.DocumentFetch.$Properties|null);

            /** Document part. */
            part?: (relevo.v1.DocumentPart.$Properties|null);

            /** Document vote. */
            vote?: (relevo.v1.DocumentVote.$Properties|null);

            /** Document decide. */
            decide?: (relevo.v1.DocumentDecide.$Properties|null);

            /** Document states. */
            states?: (relevo.v1.DocumentStates.$Properties|null);

            /** Document body. */
            body?: ("head"|"fetch"|"part"|"vote"|"decide"|"states");

            /**
             * Encodes the specified Document message. Does not implicitly {@link relevo.v1.Document.verify|verify} messages.
             * @param message Document message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: relevo.v1.Document.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Document message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {relevo.v1.Document & relevo.v1.Document.$Shape} Document
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): relevo.v1.Document & relevo.v1.Document.$Shape;
        }

        namespace Document {

            /** Properties of a Document. */
            interface $Properties {

                /** Document head */
                head?: (relevo.v1.DocumentHead.$Properties|null);

                /** Document fetch */
                fetch?: (relevo.v1.DocumentFetch.$Properties|null);

                /** Document part */
                part?: (relevo.v1.DocumentPart.$Properties|null);

                /** Document vote */
                vote?: (relevo.v1.DocumentVote.$Properties|null);

                /** Document decide */
                decide?: (relevo.v1.DocumentDecide.$Properties|null);

                /** Document states */
                states?: (relevo.v1.DocumentStates.$Properties|null);

                /** Document body */
                body?: ("head"|"fetch"|"part"|"vote"|"decide"|"states");

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Narrowed shape of a Document. */
            type $Shape = {
              head?: relevo.v1.DocumentHead.$Shape|null;
              fetch?: relevo.v1.DocumentFetch.$Shape|null;
              part?: relevo.v1.DocumentPart.$Shape|null;
              vote?: relevo.v1.DocumentVote.$Shape|null;
              decide?: relevo.v1.DocumentDecide.$Shape|null;
              states?: relevo.v1.DocumentStates.$Shape|null;
              $unknowns?: Uint8Array[];
            } & (
              ({ body?: undefined; head?: null; fetch?: null; part?: null; vote?: null; decide?: null; states?: null }|{ body?: "head"; head: relevo.v1.DocumentHead.$Shape; fetch?: null; part?: null; vote?: null; decide?: null; states?: null }|{ body?: "fetch"; head?: null; fetch: relevo.v1.DocumentFetch.$Shape; part?: null; vote?: null; decide?: null; states?: null }|{ body?: "part"; head?: null; fetch?: null; part: relevo.v1.DocumentPart.$Shape; vote?: null; decide?: null; states?: null }|{ body?: "vote"; head?: null; fetch?: null; part?: null; vote: relevo.v1.DocumentVote.$Shape; decide?: null; states?: null }|{ body?: "decide"; head?: null; fetch?: null; part?: null; vote?: null; decide: relevo.v1.DocumentDecide.$Shape; states?: null }|{ body?: "states"; head?: null; fetch?: null; part?: null; vote?: null; decide?: null; states: relevo.v1.DocumentStates.$Shape })
            );
        }

        /**
         * Properties of a DocumentVersion.
         * @deprecated Use relevo.v1.DocumentVersion.$Properties instead.
         */
        interface IDocumentVersion extends relevo.v1.DocumentVersion.$Properties {
        }

        /** Represents a DocumentVersion. */
        class DocumentVersion {

            /**
             * Constructs a new DocumentVersion.
             * @param [properties] Properties to set
             */
            constructor(properties?: relevo.v1.DocumentVersion.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** DocumentVersion id. */
            id: string;

            /** DocumentVersion number. */
            number: number;

            /** DocumentVersion author. */
            author: string;

            /** DocumentVersion time. */
            time: string;

            /** DocumentVersion kind. */
            kind: string;

            /** DocumentVersion reason. */
            reason: string;

            /** DocumentVersion content. */
            content: string;

            /** DocumentVersion seen. */
            seen: { [k: string]: number };

            /** DocumentVersion parent. */
            parent: string;

            /** DocumentVersion confirmMs. */
            confirmMs: number;

            /** DocumentVersion reverts. */
            reverts: string;

            /**
             * Encodes the specified DocumentVersion message. Does not implicitly {@link relevo.v1.DocumentVersion.verify|verify} messages.
             * @param message DocumentVersion message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: relevo.v1.DocumentVersion.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a DocumentVersion message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {relevo.v1.DocumentVersion & relevo.v1.DocumentVersion.$Shape} DocumentVersion
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): relevo.v1.DocumentVersion & relevo.v1.DocumentVersion.$Shape;
        }

        namespace DocumentVersion {

            /** Properties of a DocumentVersion. */
            interface $Properties {

                /** DocumentVersion id */
                id?: (string|null);

                /** DocumentVersion number */
                number?: (number|null);

                /** DocumentVersion author */
                author?: (string|null);

                /** DocumentVersion time */
                time?: (string|null);

                /** DocumentVersion kind */
                kind?: (string|null);

                /** DocumentVersion reason */
                reason?: (string|null);

                /** DocumentVersion content */
                content?: (string|null);

                /** DocumentVersion seen */
                seen?: ({ [k: string]: number }|null);

                /** DocumentVersion parent */
                parent?: (string|null);

                /** DocumentVersion confirmMs */
                confirmMs?: (number|null);

                /** DocumentVersion reverts */
                reverts?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a DocumentVersion. */
            type $Shape = relevo.v1.DocumentVersion.$Properties;
        }

        /**
         * Properties of a DocumentHead.
         * @deprecated Use relevo.v1.DocumentHead.$Properties instead.
         */
        interface IDocumentHead extends relevo.v1.DocumentHead.$Properties {
        }

        /** Represents a DocumentHead. */
        class DocumentHead {

            /**
             * Constructs a new DocumentHead.
             * @param [properties] Properties to set
             */
            constructor(properties?: relevo.v1.DocumentHead.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** DocumentHead version. */
            version?: (relevo.v1.DocumentVersion.$Properties|null);

            /** DocumentHead trouble. */
            trouble: string;

            /**
             * Encodes the specified DocumentHead message. Does not implicitly {@link relevo.v1.DocumentHead.verify|verify} messages.
             * @param message DocumentHead message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: relevo.v1.DocumentHead.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a DocumentHead message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {relevo.v1.DocumentHead & relevo.v1.DocumentHead.$Shape} DocumentHead
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): relevo.v1.DocumentHead & relevo.v1.DocumentHead.$Shape;
        }

        namespace DocumentHead {

            /** Properties of a DocumentHead. */
            interface $Properties {

                /** DocumentHead version */
                version?: (relevo.v1.DocumentVersion.$Properties|null);

                /** DocumentHead trouble */
                trouble?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a DocumentHead. */
            type $Shape = relevo.v1.DocumentHead.$Properties;
        }

        /**
         * Properties of a DocumentFetch.
         * @deprecated Use relevo.v1.DocumentFetch.$Properties instead.
         */
        interface IDocumentFetch extends relevo.v1.DocumentFetch.$Properties {
        }

        /** Represents a DocumentFetch. */
        class DocumentFetch {

            /**
             * Constructs a new DocumentFetch.
             * @param [properties] Properties to set
             */
            constructor(properties?: relevo.v1.DocumentFetch.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** DocumentFetch seen. */
            seen: { [k: string]: number };

            /** DocumentFetch whole. */
            whole: boolean;

            /**
             * Encodes the specified DocumentFetch message. Does not implicitly {@link relevo.v1.DocumentFetch.verify|verify} messages.
             * @param message DocumentFetch message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: relevo.v1.DocumentFetch.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a DocumentFetch message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {relevo.v1.DocumentFetch & relevo.v1.DocumentFetch.$Shape} DocumentFetch
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): relevo.v1.DocumentFetch & relevo.v1.DocumentFetch.$Shape;
        }

        namespace DocumentFetch {

            /** Properties of a DocumentFetch. */
            interface $Properties {

                /** DocumentFetch seen */
                seen?: ({ [k: string]: number }|null);

                /** DocumentFetch whole */
                whole?: (boolean|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a DocumentFetch. */
            type $Shape = relevo.v1.DocumentFetch.$Properties;
        }

        /**
         * Properties of a DocumentPart.
         * @deprecated Use relevo.v1.DocumentPart.$Properties instead.
         */
        interface IDocumentPart extends relevo.v1.DocumentPart.$Properties {
        }

        /** Represents a DocumentPart. */
        class DocumentPart {

            /**
             * Constructs a new DocumentPart.
             * @param [properties] Properties to set
             */
            constructor(properties?: relevo.v1.DocumentPart.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** DocumentPart last. */
            last: boolean;

            /** DocumentPart text. */
            text: Uint8Array;

            /** DocumentPart version. */
            version?: (relevo.v1.DocumentVersion.$Properties|null);

            /** DocumentPart prepare. */
            prepare: boolean;

            /** DocumentPart whole. */
            whole: boolean;

            /** DocumentPart base. */
            base: string;

            /** DocumentPart mergeable. */
            mergeable: boolean;

            /** DocumentPart remainingMs. */
            remainingMs: number;

            /**
             * Encodes the specified DocumentPart message. Does not implicitly {@link relevo.v1.DocumentPart.verify|verify} messages.
             * @param message DocumentPart message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: relevo.v1.DocumentPart.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a DocumentPart message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {relevo.v1.DocumentPart & relevo.v1.DocumentPart.$Shape} DocumentPart
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): relevo.v1.DocumentPart & relevo.v1.DocumentPart.$Shape;
        }

        namespace DocumentPart {

            /** Properties of a DocumentPart. */
            interface $Properties {

                /** DocumentPart last */
                last?: (boolean|null);

                /** DocumentPart text */
                text?: (Uint8Array|null);

                /** DocumentPart version */
                version?: (relevo.v1.DocumentVersion.$Properties|null);

                /** DocumentPart prepare */
                prepare?: (boolean|null);

                /** DocumentPart whole */
                whole?: (boolean|null);

                /** DocumentPart base */
                base?: (string|null);

                /** DocumentPart mergeable */
                mergeable?: (boolean|null);

                /** DocumentPart remainingMs */
                remainingMs?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a DocumentPart. */
            type $Shape = relevo.v1.DocumentPart.$Properties;
        }

        /**
         * Properties of a DocumentVote.
         * @deprecated Use relevo.v1.DocumentVote.$Properties instead.
         */
        interface IDocumentVote extends relevo.v1.DocumentVote.$Properties {
        }

        /** Represents a DocumentVote. */
        class DocumentVote {

            /**
             * Constructs a new DocumentVote.
             * @param [properties] Properties to set
             */
            constructor(properties?: relevo.v1.DocumentVote.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** DocumentVote id. */
            id: string;

            /** DocumentVote ok. */
            ok: boolean;

            /** DocumentVote reason. */
            reason: string;

            /**
             * Encodes the specified DocumentVote message. Does not implicitly {@link relevo.v1.DocumentVote.verify|verify} messages.
             * @param message DocumentVote message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: relevo.v1.DocumentVote.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a DocumentVote message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {relevo.v1.DocumentVote & relevo.v1.DocumentVote.$Shape} DocumentVote
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): relevo.v1.DocumentVote & relevo.v1.DocumentVote.$Shape;
        }

        namespace DocumentVote {

            /** Properties of a DocumentVote. */
            interface $Properties {

                /** DocumentVote id */
                id?: (string|null);

                /** DocumentVote ok */
                ok?: (boolean|null);

                /** DocumentVote reason */
                reason?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a DocumentVote. */
            type $Shape = relevo.v1.DocumentVote.$Properties;
        }

        /**
         * Properties of a DocumentDecide.
         * @deprecated Use relevo.v1.DocumentDecide.$Properties instead.
         */
        interface IDocumentDecide extends relevo.v1.DocumentDecide.$Properties {
        }

        /** Represents a DocumentDecide. */
        class DocumentDecide {

            /**
             * Constructs a new DocumentDecide.
             * @param [properties] Properties to set
             */
            constructor(properties?: relevo.v1.DocumentDecide.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** DocumentDecide id. */
            id: string;

            /** DocumentDecide commit. */
            commit: boolean;

            /**
             * Encodes the specified DocumentDecide message. Does not implicitly {@link relevo.v1.DocumentDecide.verify|verify} messages.
             * @param message DocumentDecide message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: relevo.v1.DocumentDecide.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a DocumentDecide message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {relevo.v1.DocumentDecide & relevo.v1.DocumentDecide.$Shape} DocumentDecide
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): relevo.v1.DocumentDecide & relevo.v1.DocumentDecide.$Shape;
        }

        namespace DocumentDecide {

            /** Properties of a DocumentDecide. */
            interface $Properties {

                /** DocumentDecide id */
                id?: (string|null);

                /** DocumentDecide commit */
                commit?: (boolean|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a DocumentDecide. */
            type $Shape = relevo.v1.DocumentDecide.$Properties;
        }

        /**
         * Properties of a DocumentStates.
         * @deprecated Use relevo.v1.DocumentStates.$Properties instead.
         */
        interface IDocumentStates extends relevo.v1.DocumentStates.$Properties {
        }

        /** Represents a DocumentStates. */
        class DocumentStates {

            /**
             * Constructs a new DocumentStates.
             * @param [properties] Properties to set
             */
            constructor(properties?: relevo.v1.DocumentStates.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** DocumentStates entries. */
            entries: relevo.v1.BackendState.$Properties[];

            /**
             * Encodes the specified DocumentStates message. Does not implicitly {@link relevo.v1.DocumentStates.verify|verify} messages.
             * @param message DocumentStates message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: relevo.v1.DocumentStates.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a DocumentStates message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {relevo.v1.DocumentStates & relevo.v1.DocumentStates.$Shape} DocumentStates
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): relevo.v1.DocumentStates & relevo.v1.DocumentStates.$Shape;
        }

        namespace DocumentStates {

            /** Properties of a DocumentStates. */
            interface $Properties {

                /** DocumentStates entries */
                entries?: (relevo.v1.BackendState.$Properties[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a DocumentStates. */
            type $Shape = relevo.v1.DocumentStates.$Properties;
        }

        /**
         * Properties of a BackendState.
         * @deprecated Use relevo.v1.BackendState.$Properties instead.
         */
        interface IBackendState extends relevo.v1.BackendState.$Properties {
        }

        /** Represents a BackendState. */
        class BackendState {

            /**
             * Constructs a new BackendState.
             * @param [properties] Properties to set
             */
            constructor(properties?: relevo.v1.BackendState.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** BackendState service. */
            service: string;

            /** BackendState backend. */
            backend: string;

            /** BackendState state. */
            state: string;

            /** BackendState count. */
            count: number;

            /** BackendState node. */
            node: string;

            /**
             * Encodes the specified BackendState message. Does not implicitly {@link relevo.v1.BackendState.verify|verify} messages.
             * @param message BackendState message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: relevo.v1.BackendState.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a BackendState message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {relevo.v1.BackendState & relevo.v1.BackendState.$Shape} BackendState
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): relevo.v1.BackendState & relevo.v1.BackendState.$Shape;
        }

        namespace BackendState {

            /** Properties of a BackendState. */
            interface $Properties {

                /** BackendState service */
                service?: (string|null);

                /** BackendState backend */
                backend?: (string|null);

                /** BackendState state */
                state?: (string|null);

                /** BackendState count */
                count?: (number|null);

                /** BackendState node */
                node?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a BackendState. */
            type $Shape = relevo.v1.BackendState.$Properties;
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
