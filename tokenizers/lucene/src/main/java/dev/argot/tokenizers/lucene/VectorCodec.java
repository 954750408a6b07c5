package dev.argot.tokenizers.lucene;

import java.io.IOException;
import org.apache.lucene.codecs.Codec;
import org.apache.lucene.codecs.FilterCodec;
import org.apache.lucene.codecs.KnnVectorsFormat;
import org.apache.lucene.codecs.KnnVectorsReader;
import org.apache.lucene.codecs.KnnVectorsWriter;
import org.apache.lucene.codecs.lucene99.Lucene99HnswVectorsFormat;
import org.apache.lucene.codecs.perfield.PerFieldKnnVectorsFormat;
import org.apache.lucene.index.SegmentReadState;
import org.apache.lucene.index.SegmentWriteState;

/**
 * Lucene's own codec, under its own name, since what it writes is read as ever; but vectors may have as many numbers as the hidden
 * states of large models (Lucene's limit of 1,024 guards against slow searches), and whether they get a graph is not left to it.
 */
final class VectorCodec extends FilterCodec {
    private static final int MAX_DIMENSIONS = 1 << 16;

    private final KnnVectorsFormat vectors;

    /** @param graph whether vectors get a graph; else each is looked at */
    VectorCodec(boolean graph) {
        super(Codec.getDefault().getName(), Codec.getDefault());
        KnnVectorsFormat format = new Format(new Lucene99HnswVectorsFormat(
                Lucene99HnswVectorsFormat.DEFAULT_MAX_CONN,
                Lucene99HnswVectorsFormat.DEFAULT_BEAM_WIDTH,
                Lucene99HnswVectorsFormat.DEFAULT_NUM_MERGE_WORKER,
                null,
                graph ? 0 : Integer.MAX_VALUE)); // segments that are small by this measure have none
        vectors = new PerFieldKnnVectorsFormat() {
            @Override
            public KnnVectorsFormat getKnnVectorsFormatForField(String field) {
                return format;
            }
        };
    }

    @Override
    public KnnVectorsFormat knnVectorsFormat() {
        return vectors;
    }

    private static final class Format extends KnnVectorsFormat {
        private final KnnVectorsFormat base;

        Format(KnnVectorsFormat base) {
            super(base.getName());
            this.base = base;
        }

        @Override
        public KnnVectorsWriter fieldsWriter(SegmentWriteState state) throws IOException {
            return base.fieldsWriter(state);
        }

        @Override
        public KnnVectorsReader fieldsReader(SegmentReadState state) throws IOException {
            return base.fieldsReader(state);
        }

        @Override
        public int getMaxDimensions(String field) {
            return MAX_DIMENSIONS;
        }
    }
}
