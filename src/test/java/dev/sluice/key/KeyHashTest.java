package dev.sluice.key;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.security.MessageDigest;
import java.util.Arrays;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class KeyHashTest {
    @Test
    void isTheSha256OfTheWholeKey() {
        assertThat(KeyHash.of("abc").hex())
                .isEqualTo("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    @Property
    void isTheSameForTheSameKeyOnly(@ForAll String one, @ForAll String other) {
        assertThat(KeyHash.of(one).equals(KeyHash.of(other))).isEqualTo(one.equals(other));
        assertThat(KeyHash.ofHex(KeyHash.of(one).hex()))
                .isEqualTo(KeyHash.of(one))
                .hasSameHashCodeAs(KeyHash.of(one));
    }

    /** How long it takes cannot be measured in a test; who compares can be seen. */
    @Test
    void isComparedInConstantTimeAndByNobodyElse() {
        var room = new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages("dev.sluice.key");

        assertThat(room.get(KeyHash.class).getMethod("equals", Object.class).getMethodCallsFromSelf())
                .extracting(call -> call.getTargetOwner().getSimpleName() + "." + call.getName())
                .containsExactly(MessageDigest.class.getSimpleName() + ".isEqual");
        noClasses()
                .should()
                .callMethod(Arrays.class, "equals", byte[].class, byte[].class)
                .check(room);
    }
}
